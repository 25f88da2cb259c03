using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;

namespace DiaNative;

/// <summary>
/// Dia in one call: text in, audio out. Thread-safe; calls run side by side, so that several at a time share the processor's cores.
/// Where a generation leaves cores free, its audio is decoded on another thread while the next is generated.
/// </summary>
/// <example>
/// <code>
/// using DiaTextToSpeech tts = DiaTextToSpeech.Create("dia.gguf");
/// SpeechResult speech = await tts.SpeakAsync("[S1] Hello there. [S2] Hi! (laughs)");
/// speech.Audio.SaveWav("hello.wav");
///
/// Voice anna = Voice.Load("anna.voice");
/// speech = await tts.SpeakAsync("[S1] Hello, this is me again.", anna);
/// </code>
/// </example>
public sealed class DiaTextToSpeech : IDisposable
{
    private const string FirstSpeaker = "[S1] ";

    private readonly DiaForConditionalGeneration _dia;
    private readonly bool _ownsModel;

    /// <summary>Speaks with a model that stays the caller's.</summary>
    /// <param name="model">A model that was loaded with its codec.</param>
    /// <exception cref="InvalidOperationException">The model has no codec.</exception>
    public DiaTextToSpeech(DiaModel model)
        : this(model, ownsModel: false)
    {
    }

    private DiaTextToSpeech(DiaModel model, bool ownsModel)
    {
        _dia = new DiaForConditionalGeneration(model);
        Processor = new DiaProcessor(model);
        _ = Processor.Codec;
        _ownsModel = ownsModel;
    }

    /// <summary>The weights.</summary>
    public DiaModel Model => _dia.Model;

    /// <summary>Prepares the texts and decodes the audio.</summary>
    public DiaProcessor Processor { get; }

    /// <summary>Loads a model, which is disposed of together with the result.</summary>
    /// <param name="modelPath">The GGUF file.</param>
    /// <param name="options">How to load it; <see langword="null"/> for the defaults.</param>
    /// <returns>Speech synthesis, ready to speak.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DiaFileException">The file is broken, or of another architecture.</exception>
    /// <exception cref="MemoryLimitException">The model cannot speak at all within <see cref="DiaModelOptions.MaxMemory"/>.</exception>
    /// <exception cref="InvalidOperationException">The file has no codec.</exception>
    /// <exception cref="NativeLibraryException">The native library is missing or does not fit.</exception>
    public static DiaTextToSpeech Create(string modelPath, DiaModelOptions? options = null) => Own(DiaModel.Load(modelPath, options));

    /// <inheritdoc cref="Create"/>
    /// <summary>Loads a model off the caller's thread. It is disposed of together with the result.</summary>
    /// <param name="modelPath">The GGUF file.</param>
    /// <param name="options">How to load it; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Receives the bytes loaded so far and in all.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <exception cref="OperationCanceledException">Loading was cancelled.</exception>
    public static async Task<DiaTextToSpeech> CreateAsync(
        string modelPath,
        DiaModelOptions? options = null,
        IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Own(await DiaModel.LoadAsync(modelPath, options, progress, cancellationToken).ConfigureAwait(false));

    /// <summary>Speaks a text, on the caller's thread.</summary>
    /// <param name="text">
    /// The text, with speaker tags <c>[S1]</c> and <c>[S2]</c>. One that does not begin with <c>[</c> gets <c>[S1]</c> before it.
    /// </param>
    /// <param name="options">How to generate; <see langword="null"/> for the model's defaults.</param>
    /// <param name="progress">Is told of every step, on the thread that generates.</param>
    /// <param name="cancellationToken">Stops speaking; <see cref="GenerationOptions.OnCancellation"/> says what happens then.</param>
    /// <returns>The audio, and how it came about.</returns>
    /// <exception cref="ArgumentException">
    /// The text is empty or holds a forbidden character
    /// (<see cref="DiaProcessor.Process(string, AudioBuffer?, ProcessOptions?, CancellationToken)"/>).
    /// </exception>
    /// <exception cref="TextTooLongException">The text has more tokens than the model reads.</exception>
    /// <exception cref="InsufficientMemoryException">The caches do not fit into memory.</exception>
    /// <exception cref="MemoryLimitException">More is needed than <see cref="DiaModelOptions.MaxMemory"/> allows.</exception>
    /// <exception cref="OperationCanceledException">Speaking was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">This object was disposed of, before the call or during it.</exception>
    public SpeechResult Speak(
        string text,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return SpeakAll([text], options, progress, cancellationToken)[0];
    }

    /// <summary>Speaks a text in a voice, on the caller's thread.</summary>
    /// <param name="text">
    /// The text, with speaker tags <c>[S1]</c> and <c>[S2]</c>, which mean the speakers of the voice; the transcript of the voice is no part
    /// of it. A text without a tag is spoken by who spoke last in the voice.
    /// </param>
    /// <param name="voice">
    /// The voice to speak on in; <see langword="null"/> for a voice of the model's choice. Its codec must be the model's.
    /// </param>
    /// <param name="options">
    /// How to generate; <see langword="null"/> for the model's defaults. <see cref="GenerationOptions.VoiceClone"/> is what the authors of
    /// Dia recommend for voices.
    /// </param>
    /// <param name="progress">Is told of every step, on the thread that generates.</param>
    /// <param name="cancellationToken">Stops speaking; <see cref="GenerationOptions.OnCancellation"/> says what happens then.</param>
    /// <returns>The audio, without that of the voice, and how it came about.</returns>
    /// <exception cref="VoiceException">The voice was made with another codec, or takes all positions of the decoder.</exception>
    /// <inheritdoc cref="Speak(string, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    public SpeechResult Speak(
        string text,
        Voice? voice,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return SpeakAll([new SpeechRequest(text) { Voice = voice }], options, progress, cancellationToken)[0];
    }

    /// <summary>Speaks a text, off the caller's thread.</summary>
    /// <inheritdoc cref="Speak(string, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    public Task<SpeechResult> SpeakAsync(
        string text,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Model.Gate.RunAsync(() => Speak(text, options, progress, cancellationToken), cancellationToken);

    /// <summary>Speaks a text in a voice, off the caller's thread.</summary>
    /// <inheritdoc cref="Speak(string, Voice?, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    public Task<SpeechResult> SpeakAsync(
        string text,
        Voice? voice,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Model.Gate.RunAsync(() => Speak(text, voice, options, progress, cancellationToken), cancellationToken);

    /// <summary>Speaks texts side by side as one batch, on the caller's thread: faster than one after the other.</summary>
    /// <param name="texts">The texts; at least one. For each, what is said of a single one.</param>
    /// <param name="options">
    /// How to generate; <see langword="null"/> for the model's defaults. <see cref="GenerationOptions.RowSeeds"/> gives every text its seed.
    /// </param>
    /// <param name="progress">Is told of every step, on the thread that generates.</param>
    /// <param name="cancellationToken">Stops speaking; <see cref="GenerationOptions.OnCancellation"/> says what happens then.</param>
    /// <returns>One result per text.</returns>
    /// <inheritdoc cref="Speak(string, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    public IReadOnlyList<SpeechResult> SpeakAll(
        IEnumerable<string> texts,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return SpeakAll(texts.Select(text => new SpeechRequest(text)), options, progress, cancellationToken);
    }

    /// <summary>Speaks texts side by side as one batch, each in its own voice, on the caller's thread.</summary>
    /// <param name="requests">The texts with their voices and seeds; at least one. Some may have a voice and others none.</param>
    /// <param name="options">
    /// How to generate; <see langword="null"/> for the model's defaults. A request's seed goes before that of the options.
    /// </param>
    /// <param name="progress">Is told of every step, on the thread that generates.</param>
    /// <param name="cancellationToken">Stops speaking; <see cref="GenerationOptions.OnCancellation"/> says what happens then.</param>
    /// <returns>One result per request.</returns>
    /// <inheritdoc cref="Speak(string, Voice?, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    public IReadOnlyList<SpeechResult> SpeakAll(
        IEnumerable<SpeechRequest> requests,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        using Activity? activity = Telemetry.Start(Telemetry.Speak);
        try
        {
            SpeechResult[] speech = SpeakTagged([.. requests.Select(WithSpeaker)], options, progress, cancellationToken);
            activity?.SetTag(Telemetry.Rows, speech.Length)
                .SetTag(Telemetry.AudioDuration, speech.Sum(result => result.Audio.Duration.TotalSeconds));
            return speech;
        }
        catch (Exception exception) when (Telemetry.Failed(activity, Telemetry.Speak, exception))
        {
            throw;
        }
    }

    /// <summary>Speaks texts side by side as one batch, off the caller's thread: faster than one after the other.</summary>
    /// <inheritdoc cref="SpeakAll(IEnumerable{string}, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    public Task<IReadOnlyList<SpeechResult>> SpeakAllAsync(
        IEnumerable<string> texts,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Model.Gate.RunAsync(() => SpeakAll(texts, options, progress, cancellationToken), cancellationToken);

    /// <summary>Speaks texts side by side as one batch, each in its own voice, off the caller's thread.</summary>
    /// <inheritdoc cref="SpeakAll(IEnumerable{SpeechRequest}, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    public Task<IReadOnlyList<SpeechResult>> SpeakAllAsync(
        IEnumerable<SpeechRequest> requests,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Model.Gate.RunAsync(() => SpeakAll(requests, options, progress, cancellationToken), cancellationToken);

    /// <summary>
    /// Speaks a script of any length, off the caller's thread: cuts it into pieces, speaks one after another so that the speakers keep their
    /// voices, and joins the audio.
    /// </summary>
    /// <param name="text">The script, as <see cref="ScriptSplitter"/> reads it.</param>
    /// <param name="voice">The voice to speak in; <see langword="null"/> for one of the model's choice, which the pieces keep.</param>
    /// <param name="longOptions">How to cut, and to keep the voices; <see langword="null"/> for the defaults.</param>
    /// <param name="options">
    /// How to generate each piece; <see langword="null"/> for the model's defaults. If they state no limit, a piece ends at three times the
    /// time that its text should take, and five seconds. <see cref="GenerationOptions.RowSeeds"/> must not be stated.
    /// </param>
    /// <param name="cancellationToken">Stops speaking; <see cref="GenerationOptions.OnCancellation"/> says what happens then.</param>
    /// <returns>The audio, and its pieces.</returns>
    /// <exception cref="ArgumentException">The text has nothing to say, or holds a forbidden character.</exception>
    /// <exception cref="TextTooLongException">A piece, cut as the options say, is too long together with the voice's transcript.</exception>
    /// <exception cref="VoiceException">The voice was made with another codec, or takes all positions of the decoder.</exception>
    /// <exception cref="InsufficientMemoryException">The caches do not fit into memory.</exception>
    /// <exception cref="MemoryLimitException">More is needed than <see cref="DiaModelOptions.MaxMemory"/> allows.</exception>
    /// <exception cref="OperationCanceledException">Speaking was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">This object was disposed of, before the call or during it.</exception>
    public async Task<LongSpeechResult> SpeakLongAsync(
        string text,
        Voice? voice = null,
        LongSpeechOptions? longOptions = null,
        GenerationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        var run = new LongSpeechRun(this, text, voice, longOptions, options);
        var pieces = new List<SpeechResult>();
        await foreach (SpeechResult piece in run.SpeakAsync(cancellationToken).ConfigureAwait(false))
        {
            pieces.Add(piece);
        }

        AudioBuffer audio = AudioBuffer.Concatenate(pieces.Select(piece => piece.Audio), longOptions?.Pause ?? TimeSpan.Zero);
        return new LongSpeechResult(audio, pieces, pieces.Count == run.PieceCount && pieces[^1].FinishReason != FinishReason.Cancelled);
    }

    /// <summary>As <see cref="SpeakLongAsync"/>, but gives each piece as soon as it is spoken.</summary>
    /// <param name="text">The script, as <see cref="ScriptSplitter"/> reads it.</param>
    /// <param name="voice">The voice to speak in; <see langword="null"/> for one of the model's choice, which the pieces keep.</param>
    /// <param name="longOptions">How to cut, and to keep the voices; <see langword="null"/> for the defaults. Pauses are the caller's.</param>
    /// <param name="options">How to generate each piece; <see langword="null"/> for the model's defaults.</param>
    /// <param name="cancellationToken">Stops speaking.</param>
    /// <returns>The pieces in order. After one that was cancelled there is none.</returns>
    /// <exception cref="ArgumentException">The text has nothing to say.</exception>
    public IAsyncEnumerable<SpeechResult> SpeakPiecesAsync(
        string text,
        Voice? voice = null,
        LongSpeechOptions? longOptions = null,
        GenerationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new LongSpeechRun(this, text, voice, longOptions, options).SpeakAsync(cancellationToken);
    }

    /// <summary>
    /// Speaks a text and gives the audio in pieces as it is spoken, on a thread of its own. The samples are final: the pieces one after
    /// the other are bit for bit the audio that <c>Speak</c> gives. Nothing begins before the stream is read; whoever stops reading stops
    /// the speech, and a slow reader makes it wait.
    /// </summary>
    /// <param name="text">The text, with speaker tags; one that does not begin with <c>[</c> gets <c>[S1]</c> before it.</param>
    /// <param name="options">
    /// How to generate; <see langword="null"/> for the model's defaults. <see cref="GenerationOptions.OutputScores"/> and
    /// <see cref="GenerationOptions.OutputLogits"/> are refused: a stream has no place for them.
    /// </param>
    /// <param name="streaming">How to cut the audio; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops speaking; <see cref="GenerationOptions.OnCancellation"/> says what happens then.</param>
    /// <returns>The pieces in their order, at least one; the last one states why the speech ended.</returns>
    /// <example>
    /// <code>
    /// await foreach (AudioChunk chunk in tts.SpeakStreamingAsync("[S1] Hello there. [S2] Hi!"))
    /// {
    ///     player.Write(chunk.Audio.Samples.Span);
    /// }
    /// </code>
    /// </example>
    /// <inheritdoc cref="Speak(string, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    public IAsyncEnumerable<AudioChunk> SpeakStreamingAsync(
        string text,
        GenerationOptions? options = null,
        StreamingOptions? streaming = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return SpeakStreamingAsync(new SpeechRequest(text), options, streaming, cancellationToken);
    }

    /// <summary>Speaks a text in a voice and gives the audio in pieces as it is spoken, on a thread of its own.</summary>
    /// <param name="request">The text with its voice and seed.</param>
    /// <param name="options">How to generate; <see langword="null"/> for the model's defaults. The request's seed goes before its seed.</param>
    /// <param name="streaming">How to cut the audio; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops speaking; <see cref="GenerationOptions.OnCancellation"/> says what happens then.</param>
    /// <inheritdoc cref="SpeakStreamingAsync(string, GenerationOptions?, StreamingOptions?, CancellationToken)"/>
    /// <exception cref="VoiceException">The voice was made with another codec, or takes all positions of the decoder.</exception>
    public IAsyncEnumerable<AudioChunk> SpeakStreamingAsync(
        SpeechRequest request,
        GenerationOptions? options = null,
        StreamingOptions? streaming = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        SpeechRequest[] requests = [WithSpeaker(request)];
        GenerationOptions seeded = DiaForConditionalGeneration.Streamable(WithSeeds(options, requests));
        streaming ??= new StreamingOptions();
        return BackgroundStream.Run<AudioChunk>(
            sink => Stream(requests, seeded, streaming, sink),
            streaming.BufferedChunks,
            seeded.OnCancellation == CancellationBehavior.ReturnPartial,
            cancellationToken);
    }

    /// <summary>
    /// Frees the codec, and the model if <see cref="Create"/> loaded it. May be called twice; a call that runs throws
    /// <see cref="ObjectDisposedException"/> when it comes to the audio.
    /// </summary>
    public void Dispose()
    {
        Processor.Dispose();
        if (_ownsModel)
        {
            Model.Dispose();
        }
    }

    private SpeechResult[] SpeakTagged(
        SpeechRequest[] requests, GenerationOptions? options, IProgress<GenerationProgress>? progress, CancellationToken cancellationToken)
    {
        foreach (SpeechRequest request in requests)
        {
            Log.Speaking(Model.Logger, request.Text);
        }

        DiaInputs inputs = Processor.Process(requests);
        options = WithSeeds(options, requests) ?? new GenerationOptions();
        (DiaGeneration generation, AudioBuffer[] audio) = Processor.Codec.FitsBeside(options)
            ? DecodeBeside(inputs, options, progress, cancellationToken)
            : DecodeAfterwards(inputs, options, progress, cancellationToken);
        return [.. generation.Rows.Select((row, i) => new SpeechResult(requests[i].Text, row.Codes, audio[i], row.FinishReason, row.Seed))];
    }

    // Where cores are free: the audio is decoded while its next frames are generated.
    private (DiaGeneration Generation, AudioBuffer[] Audio) DecodeBeside(
        DiaInputs inputs, GenerationOptions options, IProgress<GenerationProgress>? progress, CancellationToken cancellationToken)
    {
        using var decoder = new BackgroundDecoder(Processor.Codec, inputs.Count, DecodingToken(options, cancellationToken));
        DiaGeneration generation = _dia.GenerateFrames(inputs, options, progress, decoder.Take, cancellationToken);
        return (generation, decoder.Finish());
    }

    // Where they are not: nothing is lost by waiting, and the codec takes the memory that the generation has left.
    private (DiaGeneration Generation, AudioBuffer[] Audio) DecodeAfterwards(
        DiaInputs inputs, GenerationOptions options, IProgress<GenerationProgress>? progress, CancellationToken cancellationToken)
    {
        DiaGeneration generation = _dia.Generate(inputs, options, progress, cancellationToken);
        CancellationToken decodingToken = DecodingToken(options, cancellationToken);
        return (generation, [.. generation.Rows.Select(row => Processor.Codec.Decode(row.Codes, decodingToken))]);
    }

    // What was generated is kept if the caller wants that: then a token that is cancelled does not stop the decoding.
    private static CancellationToken DecodingToken(GenerationOptions options, CancellationToken cancellationToken) =>
        options.OnCancellation == CancellationBehavior.ReturnPartial ? CancellationToken.None : cancellationToken;

    // The seeds of the requests, and for a request without one that of the options, or a drawn one.
    private static GenerationOptions? WithSeeds(GenerationOptions? options, SpeechRequest[] requests)
    {
        if (requests.All(request => request.Seed is null))
        {
            return options;
        }

        options ??= new GenerationOptions();
        ulong common = options.Seed ?? BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        return options with { RowSeeds = [.. requests.Select((request, i) => request.Seed ?? options.RowSeeds?[i] ?? common)] };
    }

    private void Stream(SpeechRequest[] requests, GenerationOptions options, StreamingOptions streaming, StreamSink<AudioChunk> sink)
    {
        using Activity? activity = Telemetry.Start(Telemetry.Speak)?.SetTag(Telemetry.Rows, 1);
        try
        {
            Log.Speaking(Model.Logger, requests[0].Text);
            var speech = new SpeechStream(Processor.Codec, streaming, sink.Emit);

            // Once the speech is cancelled what is there is still decoded, if the caller wants that.
            CancellationToken decodingToken = options.OnCancellation == CancellationBehavior.ReturnPartial ? sink.Abandoned : sink.Stop;

            // The next frames are generated on another thread while a piece is decoded on this one.
            IAsyncEnumerable<GeneratedFrames> generated =
                _dia.StreamFrames(Processor.Process(requests), options, speech.LargestPiece, sink.Stop);
            foreach (GeneratedFrames frames in generated.ToBlockingEnumerable(CancellationToken.None))
            {
                speech.Take(frames, decodingToken);
            }

            activity?.SetTag(Telemetry.AudioDuration, speech.Duration.TotalSeconds);
        }
        catch (Exception exception) when (Telemetry.Failed(activity, Telemetry.Speak, exception))
        {
            throw;
        }
    }

    private static DiaTextToSpeech Own(DiaModel model)
    {
        try
        {
            return new DiaTextToSpeech(model, ownsModel: true);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    // Who goes on in a voice is said by the voice.
    private static SpeechRequest WithSpeaker(SpeechRequest? request)
    {
        if (string.IsNullOrEmpty(request?.Text))
        {
            throw new ArgumentException("The text is empty.", nameof(request));
        }

        return request.Voice is not null || request.Text.StartsWith('[') ? request : request with { Text = FirstSpeaker + request.Text };
    }
}
