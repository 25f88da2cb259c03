using System.Runtime.InteropServices;
using DiaNative.Interop;

namespace DiaNative.Tests.Interop;

public sealed class NativeImageTests
{
    [Theory]
    [InlineData(62, Architecture.X64)]
    [InlineData(183, Architecture.Arm64)]
    [InlineData(243, Architecture.RiscV64)]
    public void Parse_Elf_TellsTheMachine(byte machine, Architecture expected)
    {
        byte[] header = new byte[64];
        "\u007FELF"u8.CopyTo(header);
        header[18] = machine;

        Assert.Equal(new NativeImage("Linux", expected), NativeImage.Parse(header));
    }

    [Theory]
    [InlineData(new byte[] { 0x07, 0, 0, 1 }, Architecture.X64)]
    [InlineData(new byte[] { 0x0C, 0, 0, 1 }, Architecture.Arm64)]
    public void Parse_MachO_TellsTheProcessor(byte[] cpu, Architecture expected)
    {
        byte[] header = new byte[64];
        new byte[] { 0xCF, 0xFA, 0xED, 0xFE }.CopyTo(header, 0);
        cpu.CopyTo(header, 4);

        Assert.Equal(new NativeImage("macOS", expected), NativeImage.Parse(header));
    }

    [Theory]
    [InlineData(0x86, Architecture.X64, 0x64)]
    [InlineData(0xAA, Architecture.Arm64, 0x64)]
    public void Parse_Pe_TellsTheMachine(byte high, Architecture expected, byte low)
    {
        byte[] header = new byte[256];
        "MZ"u8.CopyTo(header);
        header[0x3C] = 0x80;
        "PE"u8.CopyTo(header.AsSpan(0x80));
        header[0x84] = low;
        header[0x85] = high;

        Assert.Equal(new NativeImage("Windows", expected), NativeImage.Parse(header));
    }

    [Fact]
    public void Parse_BrokenHeaders_GiveNothing()
    {
        Assert.Null(NativeImage.Parse([]));
        Assert.Null(NativeImage.Parse(new byte[64]));
        byte[] beyond = new byte[64];
        "MZ"u8.CopyTo(beyond);
        beyond.AsSpan(0x3C, 4).Fill(0xFF);
        Assert.Null(NativeImage.Parse(beyond));
    }

    [Fact]
    public void Read_LibraryOfThisProcess_IsOfThisProcess()
    {
        string name = NativeLibraryResolver.FileNames([]).Single();
        Assert.Equal(NativeImage.OfThisProcess, NativeImage.Read(Path.Combine(AppContext.BaseDirectory, name)));
    }
}
