using System.Globalization;

namespace DiaNative;

/// <summary>
/// Turns texts into the inputs of <see cref="DiaForConditionalGeneration"/>, and its tokens into audio. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// using DiaModel model = DiaModel.Load("dia.gguf");
/// using var processor = new DiaProcessor(model);
/// var dia = new DiaForConditionalGeneration(model);
///
/// DiaInputs inputs = processor.Process("[S1] Hello there. [S2] Hi!");
/// DiaGeneration generation = await dia.GenerateAsync(inputs);
/// processor.Decode(generation.Tokens).SaveWav("hello.wav");
/// </code>
/// </example>
public sealed class DiaProcessor : IDisposable
{
    private readonly DacCodec? _codec;
    private readonly bool _ownsCodec;

    /// <summary>Creates a processor for a model, with a codec of its own if the model has one.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public DiaProcessor(DiaModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Config = model.Config;
        Tokenizer = new DiaTokenizer(maxLength: model.Config.Encoder.MaxPositionEmbeddings);
        _codec = model.CodecConfig is null ? null : new DacCodec(model);
        _ownsCodec = true;
    }

    /// <summary>Creates a processor from its parts.</summary>
    /// <param name="tokenizer">Encodes the texts.</param>
    /// <param name="codec">Decodes the audio, and is not disposed of with the processor; <see langword="null"/> if none is needed.</param>
    /// <param name="config">The architecture that the inputs are for.</param>
    /// <exception cref="DiaConfigException">The configuration contradicts itself.</exception>
    public DiaProcessor(DiaTokenizer tokenizer, DacCodec? codec, DiaConfig config)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Tokenizer = tokenizer;
        Config = config;
        _codec = codec;
    }

    /// <summary>Encodes the texts.</summary>
    public DiaTokenizer Tokenizer { get; }

    /// <summary>The architecture that the inputs are for.</summary>
    public DiaConfig Config { get; }

    /// <summary>Decodes the audio.</summary>
    /// <exception cref="InvalidOperationException">There is none: the model was loaded without a codec.</exception>
    public DacCodec Codec => _codec ?? throw new InvalidOperationException(
        "There is no codec, so codes cannot become audio: the model's file has none, or it was loaded with LoadCodec = false.");

    /// <summary>Prepares one text.</summary>
    /// <param name="text">
    /// The text, with speaker tags; not empty, without the bytes 0 to 2 and the literal <c>&lt;pad&gt;</c>, which alias tags.
    /// </param>
    /// <param name="options">How to prepare it; <see langword="null"/> for the defaults.</param>
    /// <returns>Inputs with one row.</returns>
    /// <exception cref="ArgumentException">The text is empty or holds a forbidden character.</exception>
    /// <exception cref="TextTooLongException">The text has more tokens than the model reads.</exception>
    public DiaInputs Process(string text, ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Process([text], options);
    }

    /// <summary>Prepares texts that are spoken side by side.</summary>
    /// <param name="texts">The texts; at least one. For each, what <see cref="Process(string, ProcessOptions?)"/> says.</param>
    /// <param name="options">How to prepare them; <see langword="null"/> for the defaults.</param>
    /// <returns>Inputs with one row per text.</returns>
    /// <exception cref="ArgumentException">There is no text, or one is empty or holds a forbidden character.</exception>
    /// <exception cref="TextTooLongException">A text has more tokens than the model reads.</exception>
    public DiaInputs Process(IEnumerable<string> texts, ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        string[] all = [.. texts];
        for (int i = 0; i < all.Length; i++)
        {
            CheckText(all[i], i);
        }

        TokenBatch tokens = Tokenizer.Encode(all, new TokenizeOptions { Truncate = options?.Truncate ?? false });
        int length = 1 + Config.MaxDelay;
        var decoderMask = new int[all.Length, length];
        decoderMask.Flat().Fill(1);
        return new DiaInputs(tokens.InputIds, tokens.AttentionMask, DecoderInputs(all.Length, length), decoderMask, audioPromptLength: 1);
    }

    /// <summary>Decodes the tokens of a batch.</summary>
    /// <param name="tokens">Delayed tokens, [batch, length, channels], as <see cref="DiaGeneration.Tokens"/> has them.</param>
    /// <param name="audioPromptLength">
    /// First position of the new audio (<see cref="DiaInputs.AudioPromptLength"/>), to leave the audio prompt out; <see langword="null"/>
    /// to decode it too.
    /// </param>
    /// <param name="cancellationToken">Stops decoding.</param>
    /// <returns>One piece of audio per row: its complete frames, without the end of speech. Empty where there is none.</returns>
    /// <exception cref="ArgumentException">The shape does not fit the model, or a token or the prompt length is out of its range.</exception>
    /// <exception cref="InvalidOperationException">There is no codec.</exception>
    /// <exception cref="OperationCanceledException">Decoding was cancelled.</exception>
    public IReadOnlyList<AudioBuffer> DecodeBatch(
        int[,,] tokens, int? audioPromptLength = null, CancellationToken cancellationToken = default)
    {
        DacCodec codec = Codec;
        return [.. CompleteFrames.Find(tokens, Config, audioPromptLength).Select(codes => codec.Decode(codes, cancellationToken))];
    }

    /// <inheritdoc cref="DecodeBatch"/>
    public Task<IReadOnlyList<AudioBuffer>> DecodeBatchAsync(
        int[,,] tokens, int? audioPromptLength = null, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => DecodeBatch(tokens, audioPromptLength, cancellationToken), cancellationToken);

    /// <summary>Decodes the tokens of a single row.</summary>
    /// <param name="tokens">Delayed tokens, [1, length, channels].</param>
    /// <param name="audioPromptLength">As in <see cref="DecodeBatch"/>.</param>
    /// <param name="cancellationToken">Stops decoding.</param>
    /// <returns>The audio.</returns>
    /// <exception cref="ArgumentException">There is more than one row, or as in <see cref="DecodeBatch"/>.</exception>
    /// <exception cref="InvalidOperationException">There is no codec.</exception>
    /// <exception cref="OperationCanceledException">Decoding was cancelled.</exception>
    public AudioBuffer Decode(int[,,] tokens, int? audioPromptLength = null, CancellationToken cancellationToken = default)
    {
        RequireSingle(tokens);
        return DecodeBatch(tokens, audioPromptLength, cancellationToken)[0];
    }

    /// <inheritdoc cref="Decode"/>
    public Task<AudioBuffer> DecodeAsync(int[,,] tokens, int? audioPromptLength = null, CancellationToken cancellationToken = default)
    {
        RequireSingle(tokens);
        return NativeWork.Run(() => Decode(tokens, audioPromptLength, cancellationToken), cancellationToken);
    }

    /// <summary>The first position of the new audio, as <see cref="DecodeBatch"/> takes it.</summary>
    /// <param name="decoderAttentionMask">The mask of the inputs, [batch, length].</param>
    /// <returns>The length of the mask less the largest delay.</returns>
    /// <exception cref="ArgumentException">The mask is shorter than the delay.</exception>
    public int GetAudioPromptLength(int[,] decoderAttentionMask)
    {
        ArgumentNullException.ThrowIfNull(decoderAttentionMask);
        int length = decoderAttentionMask.GetLength(1) - Config.MaxDelay;
        return length >= 1
            ? length
            : throw new ArgumentException(
                $"The mask has {decoderAttentionMask.GetLength(1)} positions; at least {Config.MaxDelay + 1} are needed.",
                nameof(decoderAttentionMask));
    }

    /// <summary>Writes WAV files.</summary>
    /// <param name="audio">Pieces of audio.</param>
    /// <param name="paths">A path for each of them.</param>
    /// <param name="format">How samples are stored.</param>
    /// <exception cref="ArgumentException">The numbers of pieces and paths differ.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void SaveAudio(IReadOnlyList<AudioBuffer> audio, IReadOnlyList<string> paths, WavFormat format = WavFormat.Pcm16)
    {
        ArgumentNullException.ThrowIfNull(audio);
        ArgumentNullException.ThrowIfNull(paths);
        if (audio.Count != paths.Count)
        {
            throw new ArgumentException($"There are {paths.Count} paths for {audio.Count} pieces of audio; both must be equal.", nameof(paths));
        }

        for (int i = 0; i < audio.Count; i++)
        {
            audio[i].SaveWav(paths[i], format);
        }
    }

    /// <summary>Frees the codec, if the processor made it. May be called twice.</summary>
    public void Dispose()
    {
        if (_ownsCodec)
        {
            _codec?.Dispose();
        }
    }

    // A frame of BOS, and PAD for all that the delay reaches into: the reference pads before it delays.
    private int[,,] DecoderInputs(int rows, int length)
    {
        var tokens = new int[rows, length, Config.Decoder.NumChannels];
        tokens.Flat().Fill(Config.PadTokenId);
        for (int row = 0; row < rows; row++)
        {
            tokens.Entry(row)[..Config.Decoder.NumChannels].Fill(Config.BosTokenId);
        }

        return DelayPattern.Apply(tokens, Config.DelayPattern, Config.BosTokenId);
    }

    private void CheckText(string? text, int index)
    {
        string? fault = text switch
        {
            null => "is null",
            "" => "is empty",
            _ when text.AsSpan().IndexOfAny('\0', '\u0001', '\u0002') is var at and >= 0 =>
                string.Create(CultureInfo.InvariantCulture, $"holds the character U+{(int)text[at]:X4} at {at}, which stands for a tag"),
            _ when text.IndexOf(Tokenizer.PadToken, StringComparison.Ordinal) is var at and >= 0 =>
                string.Create(CultureInfo.InvariantCulture, $"holds the padding token {Tokenizer.PadToken} at {at}"),
            _ => null,
        };
        if (fault is not null)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Text {index} {fault}."), nameof(text));
        }
    }

    private static void RequireSingle(int[,,] tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        if (tokens.GetLength(0) != 1)
        {
            throw new ArgumentException($"One row is expected, not {tokens.GetLength(0)}; DecodeBatch decodes several.", nameof(tokens));
        }
    }
}
