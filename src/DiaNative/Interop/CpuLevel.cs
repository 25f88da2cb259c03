using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace DiaNative.Interop;

/// <summary>
/// The instruction sets that the native library is built for, as <c>cmake/CpuLevel.cmake</c> names them, and which of them this
/// processor has.
/// </summary>
internal static class CpuLevel
{
    internal const string X64 = "x86-64";
    internal const string X64V3 = "x86-64-v3";
    internal const string X64V4 = "x86-64-v4";
    internal const string X64V4Vnni = "x86-64-v4-vnni";
    internal const string Armv8 = "armv8";
    internal const string Armv8DotProduct = "armv8.2-dotprod";

    /// <summary>The levels that run on this processor, best first; empty on an architecture without levels.</summary>
    internal static IReadOnlyList<string> Supported { get; } = Detect();

    private static List<string> Detect()
    {
        var levels = new List<string>();
        if (X86Base.X64.IsSupported)
        {
            bool v3 = Avx2.IsSupported && Fma.IsSupported && Bmi2.IsSupported && HasF16C();
            bool v4 = v3 && Avx512F.VL.IsSupported && Avx512BW.VL.IsSupported && Avx512CD.VL.IsSupported && Avx512DQ.VL.IsSupported;
            AddIf(levels, v4 && HasAvx512VnniAndVbmi(), X64V4Vnni);
            AddIf(levels, v4, X64V4);
            AddIf(levels, v3, X64V3);
            levels.Add(X64);
        }
        else if (ArmBase.Arm64.IsSupported)
        {
            // Every processor with the dot product also has the FP16 arithmetic of Armv8.2, for which .NET has no test.
            AddIf(levels, Dp.Arm64.IsSupported, Armv8DotProduct);
            levels.Add(Armv8);
        }

        return levels;
    }

    private static void AddIf(List<string> levels, bool supported, string level)
    {
        if (supported)
        {
            levels.Add(level);
        }
    }

    // .NET has no class for these; that the system saves the registers is known from the classes that it has.
    private static bool HasF16C() => (X86Base.CpuId(1, 0).Ecx & (1 << 29)) != 0;

    private static bool HasAvx512VnniAndVbmi()
    {
        const int Vbmi = 1 << 1;
        const int Vnni = 1 << 11;
        return (X86Base.CpuId(7, 0).Ecx & (Vbmi | Vnni)) == (Vbmi | Vnni);
    }
}
