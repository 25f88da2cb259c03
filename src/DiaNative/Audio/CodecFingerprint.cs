using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DiaNative;

/// <summary>Tells codecs apart by their codebooks, which every file of one checkpoint has in 32 bits, unchanged.</summary>
internal static class CodecFingerprint
{
    private const int ShownDigits = 12;

    /// <summary>SHA-256 over the shape, [codebooks, codebook size, codebook width], and the code vectors, all little-endian.</summary>
    internal static string Of(DacConfig config, Func<int, float[]> codebook)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, config.NumCodebooks);
        Append(hash, config.CodebookSize);
        Append(hash, config.CodebookDim);
        for (int i = 0; i < config.NumCodebooks; i++)
        {
            Append(hash, codebook(i));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The first digits, for a message.</summary>
    internal static string Shortened(string fingerprint) => fingerprint.Length > ShownDigits ? fingerprint[..ShownDigits] : fingerprint;

    private static void Append(IncrementalHash hash, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, float[] values)
    {
        Span<int> bits = MemoryMarshal.Cast<float, int>(values.AsSpan());
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }

        hash.AppendData(MemoryMarshal.AsBytes(bits));
    }
}
