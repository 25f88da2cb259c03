using System.Globalization;

namespace DiaNative;

/// <summary>
/// Turns texts and audio prompts into the inputs of <see cref="DiaForConditionalGeneration"/>, and its tokens into audio. Thread-safe.
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
///
/// // In the voice of an audio prompt, whose transcript comes first:
/// AudioBuffer prompt = AudioBuffer.Load("prompt.wav", sampleRate: 44100);
/// inputs = await processor.ProcessAsync("[S1] What the prompt says. [S1] What is to be said.", prompt);
/// generation = await dia.GenerateAsync(inputs);
/// processor.Decode(generation.Tokens, inputs.AudioPromptLength).SaveWav("cloned.wav");
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
        DacConfig audio = model.CodecConfig ?? new DacConfig();
        FeatureExtractor = new DiaFeatureExtractor(samplingRate: audio.SamplingRate, hopLength: audio.HopLength);
    }

    /// <summary>Creates a processor from its parts.</summary>
    /// <param name="featureExtractor">Checks the audio prompts.</param>
    /// <param name="tokenizer">Encodes the texts.</param>
    /// <param name="codec">
    /// Encodes audio prompts and decodes audio, and is not disposed of with the processor; <see langword="null"/> if none is needed.
    /// </param>
    /// <param name="config">The architecture that the inputs are for: its tokens and its delay pattern.</param>
    /// <exception cref="DiaConfigException">The configuration contradicts itself.</exception>
    /// <exception cref="ArgumentException">The extractor's rate or hop length is not the codec's.</exception>
    public DiaProcessor(DiaFeatureExtractor featureExtractor, DiaTokenizer tokenizer, DacCodec? codec, DiaConfig config)
    {
        ArgumentNullException.ThrowIfNull(featureExtractor);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        if (codec is not null &&
            (featureExtractor.SamplingRate != codec.Config.SamplingRate || featureExtractor.HopLength != codec.Config.HopLength))
        {
            throw new ArgumentException(
                $"The extractor is for {featureExtractor.SamplingRate} Hz and frames of {featureExtractor.HopLength} samples; " +
                $"the codec has {codec.Config.SamplingRate} Hz and {codec.Config.HopLength} samples.",
                nameof(featureExtractor));
        }

        FeatureExtractor = featureExtractor;
        Tokenizer = tokenizer;
        Config = config;
        _codec = codec;
    }

    /// <summary>Checks the audio prompts, and converts their rate if <see cref="ProcessOptions.Resample"/> asks for it.</summary>
    public DiaFeatureExtractor FeatureExtractor { get; }

    /// <summary>Encodes the texts.</summary>
    public DiaTokenizer Tokenizer { get; }

    /// <summary>The architecture that the inputs are for.</summary>
    public DiaConfig Config { get; }

    /// <summary>Encodes audio prompts and decodes the audio.</summary>
    /// <exception cref="InvalidOperationException">There is none: the model was loaded without a codec.</exception>
    public DacCodec Codec => _codec ?? throw new InvalidOperationException(
        "There is no codec, so neither can audio become codes nor codes audio: the model's file has none, or it was loaded with LoadCodec = false.");

    /// <summary>Prepares one text.</summary>
    /// <param name="text">
    /// The text, with speaker tags; not empty, without the bytes 0 to 2 and the literal <c>&lt;pad&gt;</c>, which alias tags. With
    /// an audio prompt it begins with what is said in that.
    /// </param>
    /// <param name="audio">Speech to go on from, at the codec's rate; <see langword="null"/> for none.</param>
    /// <param name="options">How to prepare it; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops encoding the audio.</param>
    /// <returns>Inputs with one row.</returns>
    /// <exception cref="ArgumentException">
    /// The text is empty or holds a forbidden character; the audio is empty, has another rate, or is longer than the decoder's
    /// positions; options exclude each other; or there is no audio for training.
    /// </exception>
    /// <exception cref="TextTooLongException">The text has more tokens than the model reads.</exception>
    /// <exception cref="InvalidOperationException">There is audio, but no codec.</exception>
    /// <exception cref="OperationCanceledException">Encoding was cancelled.</exception>
    public DiaInputs Process(
        string text, AudioBuffer? audio = null, ProcessOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Process([text], audio is null ? null : [audio], options, cancellationToken);
    }

    /// <summary>Prepares texts that are spoken side by side.</summary>
    /// <param name="texts">The texts; at least one. For each, what the overload for one text says.</param>
    /// <param name="audio">
    /// For each text the speech to go on from, or <see langword="null"/> for a text without: both may be in one batch.
    /// <see langword="null"/> if no text has any.
    /// </param>
    /// <param name="options">How to prepare them; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops encoding the audio.</param>
    /// <returns>Inputs with one row per text.</returns>
    /// <exception cref="ArgumentException">
    /// There is no text, or another number of texts than of audio; otherwise as for one text.
    /// </exception>
    /// <exception cref="TextTooLongException">A text has more tokens than the model reads.</exception>
    /// <exception cref="InvalidOperationException">There is audio, but no codec.</exception>
    /// <exception cref="OperationCanceledException">Encoding was cancelled.</exception>
    public DiaInputs Process(
        IEnumerable<string> texts,
        IEnumerable<AudioBuffer?>? audio = null,
        ProcessOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new ProcessOptions();
        string[] all = [.. texts];
        AudioBuffer?[] prompts = [.. audio ?? new AudioBuffer?[all.Length]];
        Check(options, hasAllAudio: !prompts.Contains(null));
        TokenBatch tokens = Encode(all, options);
        RequireSameCount(all.Length, prompts.Length);
        AudioBuffer?[] checkedPrompts = [.. prompts.Select((prompt, i) => prompt is null ? null : CheckedPrompt(prompt, i, options))];
        int[,]?[] codes = [.. checkedPrompts.Select(prompt => prompt is null ? null : Codec.Encode(prompt, cancellationToken))];
        return new InputBuilder(Config, options).Build(tokens, codes);
    }

    /// <summary>Prepares texts with voices, which encodes nothing.</summary>
    /// <param name="requests">The texts with their voices; at least one. Some may have a voice and others none. Seeds are not read.</param>
    /// <param name="options">How to prepare them; <see langword="null"/> for the defaults.</param>
    /// <returns>Inputs with one row per request; its text is the transcript of the voice, a blank and the text of the request.</returns>
    /// <exception cref="ArgumentException">There is no request, or a text is empty or holds a forbidden character.</exception>
    /// <exception cref="TextTooLongException">A text has, with the transcript of its voice, more tokens than the model reads.</exception>
    /// <exception cref="VoiceException">A voice was made with another codec, or takes all positions of the decoder.</exception>
    /// <exception cref="InvalidOperationException">There is a voice, but no codec to compare it with.</exception>
    public DiaInputs Process(IEnumerable<SpeechRequest> requests, ProcessOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(requests);
        options ??= new ProcessOptions();
        SpeechRequest[] all = [.. requests];
        for (int i = 0; i < all.Length; i++)
        {
            CheckText(all[i].Text, i);
            all[i].Voice?.RequireFits(Codec);
        }

        int[,]?[] codes = [.. all.Select(request => request.Voice?.Codes)];
        Check(options, hasAllAudio: !codes.Contains(null));
        TokenBatch tokens = Encode([.. all.Select(request => request.Voice?.Before(request.Text) ?? request.Text)], options);
        return new InputBuilder(Config, options).Build(tokens, codes);
    }

    /// <inheritdoc cref="Process(string, AudioBuffer?, ProcessOptions?, CancellationToken)"/>
    /// <summary>Prepares one text, off the caller's thread.</summary>
    public Task<DiaInputs> ProcessAsync(
        string text, AudioBuffer? audio = null, ProcessOptions? options = null, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Process(text, audio, options, cancellationToken), cancellationToken);

    /// <inheritdoc cref="Process(IEnumerable{string}, IEnumerable{AudioBuffer?}?, ProcessOptions?, CancellationToken)"/>
    /// <summary>Prepares texts that are spoken side by side, off the caller's thread.</summary>
    public Task<DiaInputs> ProcessAsync(
        IEnumerable<string> texts,
        IEnumerable<AudioBuffer?>? audio = null,
        ProcessOptions? options = null,
        CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Process(texts, audio, options, cancellationToken), cancellationToken);

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
        ArgumentNullException.ThrowIfNull(tokens);
        return DecodeRows(tokens, [.. Enumerable.Repeat(audioPromptLength, tokens.GetLength(0))], cancellationToken);
    }

    /// <summary>Decodes the tokens of a batch, every row from a position of its own on.</summary>
    /// <param name="tokens">Delayed tokens, [batch, length, channels], as <see cref="DiaGeneration.Tokens"/> has them.</param>
    /// <param name="audioPromptLengths">
    /// For every row its first position to decode, or <see langword="null"/> to decode its audio prompt too.
    /// </param>
    /// <param name="cancellationToken">Stops decoding.</param>
    /// <returns>One piece of audio per row: its complete frames, without the end of speech. Empty where there is none.</returns>
    /// <exception cref="ArgumentException">
    /// The shape does not fit the model, there is another number of rows than of positions, or a token or a position is out of its range.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is no codec.</exception>
    /// <exception cref="OperationCanceledException">Decoding was cancelled.</exception>
    public IReadOnlyList<AudioBuffer> DecodeBatch(
        int[,,] tokens, IReadOnlyList<int?> audioPromptLengths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(audioPromptLengths);
        if (audioPromptLengths.Count != tokens.GetLength(0))
        {
            throw new ArgumentException(
                $"There are {audioPromptLengths.Count} prompt lengths for {tokens.GetLength(0)} rows; both must be equal.",
                nameof(audioPromptLengths));
        }

        return DecodeRows(tokens, audioPromptLengths, cancellationToken);
    }

    /// <inheritdoc cref="DecodeBatch(int[,,], int?, CancellationToken)"/>
    public Task<IReadOnlyList<AudioBuffer>> DecodeBatchAsync(
        int[,,] tokens, int? audioPromptLength = null, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => DecodeBatch(tokens, audioPromptLength, cancellationToken), cancellationToken);

    /// <summary>Decodes the tokens of a single row.</summary>
    /// <param name="tokens">Delayed tokens, [1, length, channels].</param>
    /// <param name="audioPromptLength">As in <see cref="DecodeBatch(int[,,], int?, CancellationToken)"/>.</param>
    /// <param name="cancellationToken">Stops decoding.</param>
    /// <returns>The audio.</returns>
    /// <exception cref="ArgumentException">
    /// There is more than one row, or as in <see cref="DecodeBatch(int[,,], int?, CancellationToken)"/>.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is no codec.</exception>
    /// <exception cref="OperationCanceledException">Decoding was cancelled.</exception>
    public AudioBuffer Decode(int[,,] tokens, int? audioPromptLength = null, CancellationToken cancellationToken = default)
    {
        RequireSingle(tokens);
        return DecodeBatch(tokens, audioPromptLength, cancellationToken)[0];
    }

    /// <inheritdoc cref="Decode(int[,,], int?, CancellationToken)"/>
    public Task<AudioBuffer> DecodeAsync(int[,,] tokens, int? audioPromptLength = null, CancellationToken cancellationToken = default)
    {
        RequireSingle(tokens);
        return NativeWork.Run(() => Decode(tokens, audioPromptLength, cancellationToken), cancellationToken);
    }

    /// <summary>The first position of the new audio, as <see cref="DecodeBatch(int[,,], int?, CancellationToken)"/> takes it.</summary>
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

    private AudioBuffer[] DecodeRows(int[,,] tokens, IReadOnlyList<int?> starts, CancellationToken cancellationToken)
    {
        DacCodec codec = Codec;
        return [.. CompleteFrames.Find(tokens, Config, starts).Select(codes => codec.Decode(codes, cancellationToken))];
    }

    private TokenBatch Encode(string[] texts, ProcessOptions options)
    {
        for (int i = 0; i < texts.Length; i++)
        {
            CheckText(texts[i], i);
        }

        return Tokenizer.Encode(texts, options.Tokenizing);
    }

    private static void Check(ProcessOptions options, bool hasAllAudio)
    {
        if (options.Generation && options.OutputLabels)
        {
            throw new ArgumentException("OutputLabels needs Generation = false: labels are for training.", nameof(options));
        }

        if (!options.Generation && !hasAllAudio)
        {
            throw new ArgumentException("Generation = false needs audio for every text: it is what training is about.", nameof(options));
        }
    }

    private static void RequireSameCount(int texts, int audio)
    {
        if (texts != audio)
        {
            throw new ArgumentException($"There are {audio} pieces of audio for {texts} texts; both must be equal.", nameof(audio));
        }
    }

    // What cannot be used is refused before anything is encoded, which takes its time.
    private AudioBuffer CheckedPrompt(AudioBuffer audio, int index, ProcessOptions options)
    {
        AudioBuffer converted = FeatureExtractor.AtSamplingRate(audio, index, options.Resample);
        int hop = FeatureExtractor.HopLength;
        long frames = (converted.Length + (long)hop - 1) / hop;
        if (frames < 1 || frames > Config.MaxPromptFrames)
        {
            double longest = (double)Config.MaxPromptFrames * hop / FeatureExtractor.SamplingRate;
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Audio {index} has {frames} frames ({converted.Duration.TotalSeconds:F2} s); ") +
                string.Create(CultureInfo.InvariantCulture, $"an audio prompt has 1 to {Config.MaxPromptFrames} ({longest:F2} s)."),
                nameof(audio));
        }

        return converted;
    }

    private void CheckText(string? text, int index)
    {
        string? fault = ScriptCheck.FaultOf(text, Tokenizer.PadToken);
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
