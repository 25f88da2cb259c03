using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DiaNative.Interop;

/// <summary>What a shared library is made for, from the first bytes of its file: for an error message that helps.</summary>
internal sealed record NativeImage(string System, Architecture Architecture)
{
    internal static NativeImage OfThisProcess { get; } = new(
        OperatingSystem.IsWindows() ? "Windows" : OperatingSystem.IsMacOS() ? "macOS" : "Linux",
        RuntimeInformation.ProcessArchitecture);

    public override string ToString() => $"{System} {Architecture.ToString().ToLowerInvariant()}";

    /// <summary>Reads a file's header; <see langword="null"/> if it is no shared library of a known kind.</summary>
    internal static NativeImage? Read(string path)
    {
        Span<byte> header = stackalloc byte[4096];
        using FileStream stream = File.OpenRead(path);
        return Parse(header[..stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false)]);
    }

    internal static NativeImage? Parse(ReadOnlySpan<byte> header)
    {
        if (header.Length < 64)
        {
            return null;
        }

        return BinaryPrimitives.ReadUInt32BigEndian(header) switch
        {
            0x7F454C46 => Create("Linux", ElfMachine(BinaryPrimitives.ReadUInt16LittleEndian(header[18..]))),
            0xCFFAEDFE => Create("macOS", MachOCpu(BinaryPrimitives.ReadUInt32LittleEndian(header[4..]))),
            _ when header.StartsWith("MZ"u8) => Create("Windows", PeMachine(header)),
            _ => null,
        };
    }

    private static NativeImage? Create(string system, Architecture? architecture) =>
        architecture is { } known ? new NativeImage(system, known) : null;

    private static Architecture? ElfMachine(ushort machine) => machine switch
    {
        3 => Architecture.X86,
        40 => Architecture.Arm,
        62 => Architecture.X64,
        183 => Architecture.Arm64,
        243 => Architecture.RiscV64,
        _ => null,
    };

    private static Architecture? MachOCpu(uint cpu) => cpu switch
    {
        0x01000007 => Architecture.X64,
        0x0100000C => Architecture.Arm64,
        _ => null,
    };

    private static Architecture? PeMachine(ReadOnlySpan<byte> header)
    {
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(header[0x3C..]);
        if (offset > (uint)header.Length - 6 || !header[(int)offset..].StartsWith("PE\0\0"u8))
        {
            return null;
        }

        return BinaryPrimitives.ReadUInt16LittleEndian(header[(int)(offset + 4)..]) switch
        {
            0x014C => Architecture.X86,
            0x8664 => Architecture.X64,
            0xAA64 => Architecture.Arm64,
            _ => null,
        };
    }
}
