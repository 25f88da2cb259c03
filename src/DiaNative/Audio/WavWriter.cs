using System.Buffers;
using System.Buffers.Binary;

namespace DiaNative;

/// <summary>Turns samples into the bytes of a mono RIFF/WAVE file.</summary>
internal static class WavWriter
{
    private const int SamplesPerBlock = 16384;
    private const ushort PcmTag = 1;
    private const ushort FloatTag = 3;

    internal static void Write(Stream stream, ReadOnlyMemory<float> samples, int sampleRate, WavFormat format)
    {
        foreach (ReadOnlyMemory<byte> block in Blocks(samples, sampleRate, format))
        {
            stream.Write(block.Span);
        }
    }

    internal static async Task WriteAsync(
        Stream stream, ReadOnlyMemory<float> samples, int sampleRate, WavFormat format, CancellationToken cancellationToken)
    {
        foreach (ReadOnlyMemory<byte> block in Blocks(samples, sampleRate, format))
        {
            await stream.WriteAsync(block, cancellationToken).ConfigureAwait(false);
        }
    }

    // Every block reuses the same bytes: it is valid until the next one is asked for.
    private static IEnumerable<ReadOnlyMemory<byte>> Blocks(ReadOnlyMemory<float> samples, int sampleRate, WavFormat format)
    {
        int bytesPerSample = BytesPerSample(format);
        yield return Header(samples.Length, sampleRate, format);

        byte[] buffer = ArrayPool<byte>.Shared.Rent(SamplesPerBlock * bytesPerSample);
        try
        {
            for (int first = 0; first < samples.Length; first += SamplesPerBlock)
            {
                ReadOnlyMemory<float> part = samples.Slice(first, Math.Min(SamplesPerBlock, samples.Length - first));
                Encode(part.Span, buffer, format);
                yield return buffer.AsMemory(0, part.Length * bytesPerSample);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if ((long)samples.Length * bytesPerSample % 2 != 0)
        {
            yield return new byte[1]; // Chunks begin at even offsets.
        }
    }

    /// <summary>The samples alone, little-endian.</summary>
    internal static byte[] Encode(ReadOnlySpan<float> samples, WavFormat format)
    {
        byte[] bytes = new byte[checked(samples.Length * BytesPerSample(format))];
        Encode(samples, bytes, format);
        return bytes;
    }

    internal static int BytesPerSample(WavFormat format) => format switch
    {
        WavFormat.Pcm16 => 2,
        WavFormat.Pcm24 => 3,
        WavFormat.Float32 => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "The format must be Pcm16, Pcm24 or Float32."),
    };

    /// <summary>
    /// The header of a file. A format that is not PCM has an extension size behind its fields, and a fact chunk with the number of
    /// samples.
    /// </summary>
    /// <param name="sampleCount">Samples in the file; <see langword="null"/> for as many as follow.</param>
    /// <param name="sampleRate">Samples per second, in Hz.</param>
    /// <param name="format">How they are stored.</param>
    internal static byte[] Header(long? sampleCount, int sampleRate, WavFormat format)
    {
        int bytesPerSample = BytesPerSample(format);
        bool isFloat = format == WavFormat.Float32;
        int formatSize = isFloat ? 18 : 16;
        int headerSize = 12 + 8 + formatSize + (isFloat ? 12 : 0) + 8;
        long dataSize = (sampleCount * bytesPerSample) ?? uint.MaxValue;
        long riffSize = sampleCount is null ? uint.MaxValue : headerSize - 8 + dataSize + (dataSize % 2);
        if (riffSize > uint.MaxValue)
        {
            throw new NotSupportedException($"A WAV file holds at most 4 GiB; {sampleCount} samples need {riffSize} bytes.");
        }

        byte[] header = new byte[headerSize];
        var writer = new HeaderWriter(header);
        writer.Tag("RIFF"u8);
        writer.UInt32((uint)riffSize);
        writer.Tag("WAVE"u8);
        writer.Tag("fmt "u8);
        writer.UInt32((uint)formatSize);
        writer.UInt16(isFloat ? FloatTag : PcmTag);
        writer.UInt16(1); // channels
        writer.UInt32((uint)sampleRate);
        writer.UInt32(checked((uint)sampleRate * (uint)bytesPerSample)); // bytes per second
        writer.UInt16((ushort)bytesPerSample); // bytes of one sample of all channels
        writer.UInt16((ushort)(8 * bytesPerSample));
        if (isFloat)
        {
            writer.UInt16(0);
            writer.Tag("fact"u8);
            writer.UInt32(4);
            writer.UInt32((uint)(sampleCount ?? uint.MaxValue));
        }

        writer.Tag("data"u8);
        writer.UInt32((uint)dataSize);
        return header;
    }

    private static void Encode(ReadOnlySpan<float> samples, Span<byte> bytes, WavFormat format)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            switch (format)
            {
                case WavFormat.Pcm16:
                    BinaryPrimitives.WriteInt16LittleEndian(bytes[(2 * i)..], (short)Quantize(samples[i], short.MaxValue));
                    break;
                case WavFormat.Pcm24:
                    int value = Quantize(samples[i], (1 << 23) - 1);
                    BinaryPrimitives.WriteInt16LittleEndian(bytes[(3 * i)..], unchecked((short)value));
                    bytes[(3 * i) + 2] = unchecked((byte)(value >> 16));
                    break;
                default:
                    BinaryPrimitives.WriteSingleLittleEndian(bytes[(4 * i)..], samples[i]);
                    break;
            }
        }
    }

    // Symmetric, as the reference does it: 1 becomes the largest value, -1 its negative. Beyond that it clips.
    private static int Quantize(float sample, int largest) =>
        (int)Math.Round(Math.Clamp(sample, -1f, 1f) * (double)largest, MidpointRounding.ToEven);

    private ref struct HeaderWriter(Span<byte> bytes)
    {
        private readonly Span<byte> _bytes = bytes;
        private int _position;

        public void Tag(ReadOnlySpan<byte> tag)
        {
            tag.CopyTo(_bytes[_position..]);
            _position += tag.Length;
        }

        public void UInt16(ushort value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes[_position..], value);
            _position += sizeof(ushort);
        }

        public void UInt32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes[_position..], value);
            _position += sizeof(uint);
        }
    }
}
