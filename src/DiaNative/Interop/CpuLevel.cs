using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace DiaNative.Interop;

/// <summary>
/// The instruction sets that the native library is built for, as <c>cmake/CpuLevel.cmake</c> names them, and which of them this
/// processor has.
/// </summary>
/// <remarks>
/// On x64 the processor itself is asked. The <c>IsSupported</c> properties of .NET will not do: in a program that was compiled ahead of
/// time they tell what it was compiled for.
/// </remarks>
internal static class CpuLevel
{
    internal const string X64 = "x86-64";
    internal const string X64V3 = "x86-64-v3";
    internal const string X64V4 = "x86-64-v4";
    internal const string X64V4Vnni = "x86-64-v4-vnni";
    internal const string Armv8 = "armv8";
    internal const string Armv8DotProduct = "armv8.2-dotprod";

    private const int FeatureLeaf = 1;
    private const int ExtendedFeatureLeaf = 7;
    private const int StateLeaf = 0xD;
    private const int AmdFeatureLeaf = unchecked((int)0x80000001);

    // Parts of the register state that the system must save on a switch of threads, by their numbers in the state leaf.
    private const int AvxState = 2;
    private const int UpperZmmState = 7;

    /// <summary>Asks the processor: leaf and subleaf in, four registers out.</summary>
    internal delegate (int Eax, int Ebx, int Ecx, int Edx) CpuId(int leaf, int subleaf);

    /// <summary>The levels that run on this processor, best first; empty on an architecture without levels.</summary>
    internal static IReadOnlyList<string> Supported { get; } = Detect();

    private static IReadOnlyList<string> Detect()
    {
        if (X86Base.X64.IsSupported)
        {
            return DetectX64(X86Base.CpuId);
        }

        // Every processor with the dot product also has the FP16 arithmetic of Armv8.2, for which .NET has no test.
        return (ArmBase.Arm64.IsSupported, Dp.Arm64.IsSupported) switch
        {
            (true, true) => [Armv8DotProduct, Armv8],
            (true, false) => [Armv8],
            _ => [],
        };
    }

    internal static IReadOnlyList<string> DetectX64(CpuId cpuId)
    {
        bool v3 = HasV3(cpuId);
        bool v4 = v3 && HasV4(cpuId);
        return (v3, v4, v4 && HasVnniAndVbmi(cpuId)) switch
        {
            (true, true, true) => [X64V4Vnni, X64V4, X64V3, X64],
            (true, true, false) => [X64V4, X64V3, X64],
            (true, false, _) => [X64V3, X64],
            _ => [X64],
        };
    }

    private static bool HasV3(CpuId cpuId)
    {
        const int FmaMovbeXsaveAvxF16C = (1 << 12) | (1 << 22) | (1 << 27) | (1 << 28) | (1 << 29);
        const int Bmi1Avx2Bmi2 = (1 << 3) | (1 << 5) | (1 << 8);
        const int Lzcnt = 1 << 5;
        return HasAll(cpuId(FeatureLeaf, 0).Ecx, FmaMovbeXsaveAvxF16C)
            && HasAll(cpuId(ExtendedFeatureLeaf, 0).Ebx, Bmi1Avx2Bmi2)
            && HasAll(cpuId(AmdFeatureLeaf, 0).Ecx, Lzcnt)
            && SystemSaves(AvxState, cpuId);
    }

    private static bool HasV4(CpuId cpuId)
    {
        const int FoundationDqCdBwVl = (1 << 16) | (1 << 17) | (1 << 28) | (1 << 30) | (1 << 31);
        return HasAll(cpuId(ExtendedFeatureLeaf, 0).Ebx, FoundationDqCdBwVl) && SystemSaves(UpperZmmState, cpuId);
    }

    private static bool HasVnniAndVbmi(CpuId cpuId)
    {
        const int VbmiVnni = (1 << 1) | (1 << 11);
        return HasAll(cpuId(ExtendedFeatureLeaf, 0).Ecx, VbmiVnni);
    }

    private static bool HasAll(int register, int bits) => (register & bits) == bits;

    // The area for all state that the system has switched on reaches to the end of this part.
    private static bool SystemSaves(int part, CpuId cpuId)
    {
        (int size, int offset, _, _) = cpuId(StateLeaf, part);
        return size > 0 && cpuId(StateLeaf, 0).Ebx >= offset + size;
    }
}
