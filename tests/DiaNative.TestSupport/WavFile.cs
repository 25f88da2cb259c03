using System.Buffers.Binary;
using System.Text;

namespace DiaNative.TestSupport;

/// <summary>A WAV file taken apart, independently of the code that writes one.</summary>
public sealed record WavFile(int FormatTag, int Channels, int SampleRate, int BitsPerSample, byte[] Data)
{
    public short[] Pcm16 => FormatTag == 1 && BitsPerSample == 16
        ? [.. Data.Chunk(2).Select(bytes => BinaryPrimitives.ReadInt16LittleEndian(bytes))]
        : throw new InvalidDataException($"The file holds {BitsPerSample}-bit samples of format {FormatTag}.");

    public static WavFile Read(string path) => Parse(File.ReadAllBytes(path));

    public static WavFile Parse(byte[] bytes)
    {
        if (Tag(bytes, 0) != "RIFF" || Tag(bytes, 8) != "WAVE" || UInt32(bytes, 4) != bytes.Length - 8)
        {
            throw new InvalidDataException($"{bytes.Length} bytes are no WAV file: '{Tag(bytes, 0)}' {UInt32(bytes, 4)} '{Tag(bytes, 8)}'.");
        }

        WavFile? format = null;
        for (int at = 12; at + 8 <= bytes.Length;)
        {
            int size = checked((int)UInt32(bytes, at + 4));
            byte[] chunk = bytes[(at + 8)..(at + 8 + size)];
            switch (Tag(bytes, at))
            {
                case "fmt ":
                    format = new WavFile(UInt16(chunk, 0), UInt16(chunk, 2), checked((int)UInt32(chunk, 4)), UInt16(chunk, 14), []);
                    break;
                case "data":
                    return (format ?? throw new InvalidDataException("There is no 'fmt ' chunk before the data.")) with { Data = chunk };
            }

            at += 8 + size + (size % 2);
        }

        throw new InvalidDataException("There is no 'data' chunk.");
    }

    private static string Tag(byte[] bytes, int at) => Encoding.ASCII.GetString(bytes, at, 4);

    private static uint UInt32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ushort UInt16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));
}
