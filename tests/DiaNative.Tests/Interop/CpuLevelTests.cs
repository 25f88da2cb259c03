using System.Runtime.Intrinsics.X86;
using DiaNative.Interop;

namespace DiaNative.Tests.Interop;

public sealed class CpuLevelTests
{
    private const int V3Features = (1 << 12) | (1 << 22) | (1 << 27) | (1 << 28) | (1 << 29);
    private const int V3Extended = (1 << 3) | (1 << 5) | (1 << 8);
    private const int V4Extended = V3Extended | (1 << 16) | (1 << 17) | (1 << 28) | (1 << 30) | (1 << 31);
    private const int VnniAndVbmi = (1 << 1) | (1 << 11);
    private const int AvxArea = 832;
    private const int ZmmArea = 2688;

    [Theory]
    [InlineData(0, 0, 0, 0, "x86-64")]
    [InlineData(V3Features, V3Extended, 0, AvxArea, "x86-64-v3 x86-64")]
    [InlineData(V3Features, V4Extended, 0, ZmmArea, "x86-64-v4 x86-64-v3 x86-64")]
    [InlineData(V3Features, V4Extended, VnniAndVbmi, ZmmArea + 8, "x86-64-v4-vnni x86-64-v4 x86-64-v3 x86-64")]
    [InlineData(V3Features & ~(1 << 12), V4Extended, VnniAndVbmi, ZmmArea, "x86-64")]
    [InlineData(V3Features, V4Extended & ~(1 << 30), VnniAndVbmi, ZmmArea, "x86-64-v3 x86-64")]
    [InlineData(V3Features, V4Extended, VnniAndVbmi, AvxArea, "x86-64-v3 x86-64")]
    [InlineData(V3Features, V4Extended, VnniAndVbmi, 576, "x86-64")]
    public void DetectX64_FeaturesAndSavedState_GivesTheLevels(int features, int extendedEbx, int extendedEcx, int savedArea, string expected)
    {
        (int Eax, int Ebx, int Ecx, int Edx) CpuId(int leaf, int subleaf) => (leaf, subleaf) switch
        {
            (1, 0) => (0, 0, features, 0),
            (7, 0) => (0, extendedEbx, extendedEcx, 0),
            (0xD, 0) => (0, savedArea, 0, 0),
            (0xD, 2) => (256, 576, 0, 0),
            (0xD, 7) => (1024, 1664, 0, 0),
            _ => (0, 0, 1 << 5, 0),
        };

        Assert.Equal(expected, string.Join(' ', CpuLevel.DetectX64(CpuId)));
    }

    [Fact]
    public void Supported_ThisProcessor_HasWhatTheRuntimeUses()
    {
        Assert.Contains(CpuLevel.Supported[^1], new[] { CpuLevel.X64, CpuLevel.Armv8 });
        if (Avx2.IsSupported)
        {
            Assert.Contains(CpuLevel.X64V3, CpuLevel.Supported);
        }

        if (Avx512BW.VL.IsSupported)
        {
            Assert.Contains(CpuLevel.X64V4, CpuLevel.Supported);
        }
    }
}
