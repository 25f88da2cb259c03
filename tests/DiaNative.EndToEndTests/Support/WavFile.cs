using System.Buffers.Binary;

namespace DiaNative.EndToEndTests.Support;

/// <summary>A mono WAV file, read by the letter of the format and independently of the library.</summary>
internal sealed record WavFile(int Format, int SampleRate, int BitsPerSample, ReadOnlyMemory<byte> Data)
{
    internal int SampleCount => Data.Length / (BitsPerSample / 8);

    internal static WavFile Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        Assert.True(bytes.Length >= 44, $"'{path}' has {bytes.Length} bytes");
        Assert.Equal("RIFF"u8.ToArray(), bytes[..4]);
        Assert.Equal(bytes.Length - 8, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4)));
        Assert.Equal("WAVE"u8.ToArray(), bytes[8..12]);

        ReadOnlySpan<byte> format = default;
        for (int offset = 12; offset + 8 <= bytes.Length;)
        {
            int size = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(offset + 4));
            ReadOnlySpan<byte> chunk = bytes.AsSpan(offset + 8, size);
            if (bytes.AsSpan(offset, 4).SequenceEqual("fmt "u8))
            {
                format = chunk;
            }
            else if (bytes.AsSpan(offset, 4).SequenceEqual("data"u8))
            {
                Assert.Equal(1, BinaryPrimitives.ReadInt16LittleEndian(format[2..]));
                return new WavFile(
                    BinaryPrimitives.ReadInt16LittleEndian(format),
                    BinaryPrimitives.ReadInt32LittleEndian(format[4..]),
                    BinaryPrimitives.ReadInt16LittleEndian(format[14..]),
                    bytes.AsMemory(offset + 8, size));
            }

            offset += 8 + size + (size & 1);
        }

        throw new InvalidDataException($"'{path}' has no data chunk.");
    }

    /// <summary>The samples of 16-bit PCM.</summary>
    internal short[] Pcm16()
    {
        Assert.Equal(1, Format);
        Assert.Equal(16, BitsPerSample);
        var samples = new short[SampleCount];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = BinaryPrimitives.ReadInt16LittleEndian(Data.Span[(2 * i)..]);
        }

        return samples;
    }
}
