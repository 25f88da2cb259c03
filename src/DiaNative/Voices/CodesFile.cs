using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace DiaNative;

/// <summary>
/// Codes in a file: safetensors with the tensor <c>codes</c>, I32 [frames, codebooks], and what they belong to as metadata. A voice has a
/// transcript besides. docs/voice-format.md describes it.
/// </summary>
internal sealed record CodesFile
{
    /// <summary>What a stream is called in messages.</summary>
    internal const string StreamName = "stream";

    private const string VoiceFormat = "dianative.voice";
    private const string CodesFormat = "dianative.codes";
    private const int Version = 1;
    private const string TensorName = "codes";
    private const string TensorType = "I32";
    private const int MaxFileSize = 16 << 20;
    private const int MaxHeaderSize = 1 << 20;
    private const int MaxCodebooks = 32;
    private const int MaxRate = 10_000_000;
    private const int MaxHopLength = 1 << 20;
    private const int MaxCodebookSize = 1 << 16;
    private const int Alignment = 8;
    private const int FingerprintLength = 64;

    internal required int[,] Codes { get; init; }

    internal required string CodecFingerprint { get; init; }

    internal required int SamplingRate { get; init; }

    internal required int HopLength { get; init; }

    internal required int CodebookSize { get; init; }

    /// <summary>What is said, if the codes are a voice.</summary>
    internal string? Transcript { get; init; }

    internal static CodesFile Of(DacCodec codec, int[,] codes, string? transcript) => new()
    {
        Codes = codes,
        CodecFingerprint = codec.Fingerprint,
        SamplingRate = codec.Config.SamplingRate,
        HopLength = codec.Config.HopLength,
        CodebookSize = codec.Config.CodebookSize,
        Transcript = transcript,
    };

    /// <param name="stream">Where to read, to the end.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="async">Whether to read asynchronously.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="DiaFileException">The file is not what it should be.</exception>
    internal static async ValueTask<CodesFile> ReadAsync(Stream stream, string name, bool async, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> bytes = await BoundedReader.ReadAllAsync(stream, MaxFileSize, async, cancellationToken).ConfigureAwait(false);
        try
        {
            return Parse(bytes);
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException)
        {
            // The last one is what JSON has for bytes that are no UTF-8.
            throw new DiaFileException(DiaErrorCode.InvalidFile, $"{name}: {exception.Message}", exception);
        }
        catch (NotSupportedException exception)
        {
            throw new DiaFileException(DiaErrorCode.Unsupported, $"{name}: {exception.Message}", exception);
        }
    }

    internal void Save(string path) => AtomicFile.WriteAsync(path, async: false, stream =>
    {
        stream.Write(ToBytes());
        return Task.CompletedTask;
    }).GetAwaiter().GetResult();

    internal byte[] ToBytes()
    {
        byte[] header = Header();
        int headerSize = (header.Length + Alignment - 1) / Alignment * Alignment;
        byte[] bytes = new byte[sizeof(ulong) + headerSize + (sizeof(int) * Codes.Length)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)headerSize);
        header.CopyTo(bytes, sizeof(ulong));
        bytes.AsSpan(sizeof(ulong) + header.Length, headerSize - header.Length).Fill((byte)' ');
        Span<byte> data = bytes.AsSpan(sizeof(ulong) + headerSize);
        foreach (int code in Codes.Flat())
        {
            BinaryPrimitives.WriteInt32LittleEndian(data, code);
            data = data[sizeof(int)..];
        }

        return bytes;
    }

    /// <param name="codec">The codec that is to use the codes.</param>
    /// <param name="what">What they are, at the begin of the message.</param>
    /// <exception cref="VoiceException">The codes belong to another codec.</exception>
    internal void RequireCodec(DacCodec codec, string what)
    {
        if (!string.Equals(CodecFingerprint, codec.Fingerprint, StringComparison.Ordinal))
        {
            throw new VoiceException(
                VoiceFault.OtherCodec,
                $"{what} was made with the codec {DiaNative.CodecFingerprint.Shortened(CodecFingerprint)}; the model has the codec " +
                $"{DiaNative.CodecFingerprint.Shortened(codec.Fingerprint)}, to which its codes mean something else. Make it again from its audio.");
        }
    }

    private byte[] Header()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            writer.WriteString("format", Transcript is null ? CodesFormat : VoiceFormat);
            writer.WriteString("version", Text(Version));
            writer.WriteString("codec", CodecFingerprint);
            writer.WriteString("sampling_rate", Text(SamplingRate));
            writer.WriteString("hop_length", Text(HopLength));
            writer.WriteString("codebook_size", Text(CodebookSize));
            if (Transcript is not null)
            {
                writer.WriteString("transcript", Transcript);
            }

            writer.WriteEndObject();
            writer.WriteStartObject(TensorName);
            writer.WriteString("dtype", TensorType);
            WriteNumbers(writer, "shape", Codes.GetLength(0), Codes.GetLength(1));
            WriteNumbers(writer, "data_offsets", 0, sizeof(int) * Codes.Length);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, int first, int second)
    {
        writer.WriteStartArray(name);
        writer.WriteNumberValue(first);
        writer.WriteNumberValue(second);
        writer.WriteEndArray();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static CodesFile Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < sizeof(ulong))
        {
            throw new FormatException(Invariant($"the file has {bytes.Length} bytes, less than the size of a header."));
        }

        ulong headerSize = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span);
        ulong most = (ulong)Math.Min(MaxHeaderSize, bytes.Length - sizeof(ulong));
        if (headerSize > most)
        {
            throw new FormatException(Invariant($"the header has {headerSize} bytes, where at most {most} can be: no safetensors file."));
        }

        var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
        using JsonDocument header = JsonDocument.Parse(bytes.Slice(sizeof(ulong), (int)headerSize), options);
        return Parse(header.RootElement, bytes.Span[(sizeof(ulong) + (int)headerSize)..]);
    }

    private static CodesFile Parse(JsonElement header, ReadOnlySpan<byte> data)
    {
        JsonElement metadata = Member(header, "__metadata__", JsonValueKind.Object);
        string format = String(metadata, "format");
        if (format is not (VoiceFormat or CodesFormat))
        {
            throw new FormatException($"the format is '{format}', where '{VoiceFormat}' or '{CodesFormat}' is expected.");
        }

        int version = Number(metadata, "version", 1, int.MaxValue);
        if (version > Version)
        {
            throw new NotSupportedException(Invariant($"version {version} of the format is not known; at most {Version} is."));
        }

        string fingerprint = String(metadata, "codec");
        if (fingerprint.Length != FingerprintLength || !fingerprint.All(char.IsAsciiHexDigitLower))
        {
            throw new FormatException($"the codec's fingerprint must have {FingerprintLength} hexadecimal digits.");
        }

        int codebookSize = Number(metadata, "codebook_size", 1, MaxCodebookSize);
        return new CodesFile
        {
            CodecFingerprint = fingerprint,
            SamplingRate = Number(metadata, "sampling_rate", 1, MaxRate),
            HopLength = Number(metadata, "hop_length", 1, MaxHopLength),
            CodebookSize = codebookSize,
            Transcript = format == VoiceFormat ? String(metadata, "transcript") : null,
            Codes = Tensor(header, data, codebookSize),
        };
    }

    private static int[,] Tensor(JsonElement header, ReadOnlySpan<byte> data, int codebookSize)
    {
        JsonProperty[] others = [.. header.EnumerateObject().Where(entry => entry.Name is not (TensorName or "__metadata__"))];
        if (others.Length > 0)
        {
            throw new FormatException($"there is a tensor '{others[0].Name}'; only '{TensorName}' is expected.");
        }

        JsonElement tensor = Member(header, TensorName, JsonValueKind.Object);
        string type = String(tensor, "dtype");
        if (type != TensorType)
        {
            throw new FormatException($"the tensor '{TensorName}' is {type}; {TensorType} is expected.");
        }

        (long frames, long codebooks) = Pair(tensor, "shape");
        (long begin, long end) = Pair(tensor, "data_offsets");
        if (frames < 0 || frames > MaxFileSize || codebooks is < 1 or > MaxCodebooks)
        {
            throw new FormatException(Invariant($"the tensor '{TensorName}' is [{frames}, {codebooks}]; [frames, 1 to {MaxCodebooks}] is expected."));
        }

        if (begin != 0 || end != data.Length || end != frames * codebooks * sizeof(int))
        {
            throw new FormatException(Invariant(
                $"the tensor '{TensorName}' lies from {begin} to {end}; its {frames} x {codebooks} codes and {data.Length} bytes of data must be that."));
        }

        var codes = new int[frames, codebooks];
        Span<int> flat = codes.Flat();
        for (int i = 0; i < flat.Length; i++)
        {
            flat[i] = BinaryPrimitives.ReadInt32LittleEndian(data[(sizeof(int) * i)..]);
            if (flat[i] < 0 || flat[i] >= codebookSize)
            {
                throw new FormatException(Invariant(
                    $"frame {i / codebooks}, codebook {i % codebooks}: the code is {flat[i]}, expected 0 to {codebookSize - 1}."));
            }
        }

        return codes;
    }

    private static JsonElement Member(JsonElement parent, string name, JsonValueKind kind)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(name, out JsonElement member) || member.ValueKind != kind)
        {
            throw new FormatException($"the header has no {kind} '{name}'.");
        }

        return member;
    }

    private static string String(JsonElement parent, string name) => Member(parent, name, JsonValueKind.String).GetString()!;

    private static int Number(JsonElement parent, string name, int least, int most)
    {
        string text = String(parent, name);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw new FormatException(Invariant($"{name} is '{text}'; a number from {least} to {most} is expected."));
    }

    private static (long First, long Second) Pair(JsonElement parent, string name)
    {
        JsonElement array = Member(parent, name, JsonValueKind.Array);
        return array.GetArrayLength() == 2 && IsLong(array[0], out long first) && IsLong(array[1], out long second)
            ? (first, second)
            : throw new FormatException($"{name} of the tensor '{TensorName}' must be two whole numbers.");
    }

    private static bool IsLong(JsonElement element, out long value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out value);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
