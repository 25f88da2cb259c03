namespace DiaNative;

/// <summary>
/// Dia with its language-model head: generates the tokens of speech from the inputs that a <see cref="DiaProcessor"/> prepares.
/// Thread-safe; calls run side by side, each with its own caches.
/// </summary>
/// <remarks>
/// In addition to what the reference does: rows of a batch end independently and each has its own seed; a temperature below 1 is used as
/// it is; limits below 17 positions give empty audio instead of an error. Beam search, several return sequences (make a batch
/// instead), assistants and negative prompts are not offered.
/// </remarks>
public sealed class DiaForConditionalGeneration : IDisposable
{
    private const int PartsThatWait = 256;

    private readonly bool _ownsModel;

    /// <summary>Generates with a model that stays the caller's.</summary>
    /// <param name="model">The model.</param>
    public DiaForConditionalGeneration(DiaModel model)
        : this(model, ownsModel: false)
    {
    }

    private DiaForConditionalGeneration(DiaModel model, bool ownsModel)
    {
        ArgumentNullException.ThrowIfNull(model);
        Model = model;
        _ownsModel = ownsModel;
    }

    /// <summary>The weights.</summary>
    public DiaModel Model { get; }

    /// <summary>The architecture.</summary>
    public DiaConfig Config => Model.Config;

    /// <summary>Loads a model, which is disposed of together with the result. See <see cref="DiaModel.Load(string, DiaModelOptions?)"/>.</summary>
    /// <param name="path">The GGUF file.</param>
    /// <param name="options">How to load it; <see langword="null"/> for the defaults.</param>
    /// <returns>The loaded model.</returns>
    public static DiaForConditionalGeneration Load(string path, DiaModelOptions? options = null) =>
        new(DiaModel.Load(path, options), ownsModel: true);

    /// <summary>Generates the tokens of speech, on the caller's thread.</summary>
    /// <param name="inputs">What to speak.</param>
    /// <param name="options">How to generate; <see langword="null"/> for the model's defaults.</param>
    /// <param name="progress">Is told of every step, on the thread that generates.</param>
    /// <param name="cancellationToken">Stops generating; <see cref="GenerationOptions.OnCancellation"/> says what happens then.</param>
    /// <returns>The tokens, and what became of each row.</returns>
    /// <exception cref="ArgumentException">The inputs do not fit the model or the options.</exception>
    /// <exception cref="TextTooLongException">A text has more tokens than the model reads.</exception>
    /// <exception cref="InsufficientMemoryException">The caches do not fit into memory.</exception>
    /// <exception cref="MemoryLimitException">More is needed than <see cref="DiaModelOptions.MaxMemory"/> allows.</exception>
    /// <exception cref="DiaException">The model computed a NaN or an infinity.</exception>
    /// <exception cref="OperationCanceledException">The generation was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of before the call.</exception>
    public DiaGeneration Generate(
        DiaInputs inputs,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        cancellationToken.ThrowIfCancellationRequested();
        using var run = new GenerationRun(Model, inputs, options ?? new GenerationOptions());
        return run.Execute(progress, cancellationToken);
    }

    /// <summary>Generates the tokens of speech, off the caller's thread.</summary>
    /// <inheritdoc cref="Generate(DiaInputs, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    public Task<DiaGeneration> GenerateAsync(
        DiaInputs inputs,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        Model.Gate.RunAsync(() => Generate(inputs, options, progress, cancellationToken), cancellationToken);

    /// <summary>
    /// Generates the tokens of speech and gives the frames of every row as soon as they are complete, on a thread of its own. The last
    /// part of a row states why it ended. Nothing begins before the stream is read; whoever stops reading stops the generation, and a
    /// slow reader makes it wait.
    /// </summary>
    /// <param name="inputs">What to speak.</param>
    /// <param name="options">
    /// How to generate; <see langword="null"/> for the model's defaults. <see cref="GenerationOptions.OutputScores"/> and
    /// <see cref="GenerationOptions.OutputLogits"/> are refused: a stream has no place for them, use
    /// <see cref="GenerationOptions.LogitsProcessor"/>.
    /// </param>
    /// <param name="cancellationToken">Stops generating; <see cref="GenerationOptions.OnCancellation"/> says what happens then.</param>
    /// <returns>The frames, in the order in which they are completed.</returns>
    /// <inheritdoc cref="Generate(DiaInputs, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    public IAsyncEnumerable<GeneratedFrames> GenerateStreamingAsync(
        DiaInputs inputs, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamFrames(inputs, options, PartsThatWait, cancellationToken);

    /// <summary>Generates the tokens of speech of encoded texts, on the caller's thread; they are the same as from the texts' ids.</summary>
    /// <param name="texts">What to speak: one row each. They stay the caller's.</param>
    /// <param name="options">How to generate; <see langword="null"/> for the model's defaults.</param>
    /// <param name="progress">Is told of every step, on the thread that generates.</param>
    /// <param name="cancellationToken">Stops generating; <see cref="GenerationOptions.OnCancellation"/> says what happens then.</param>
    /// <returns>The tokens, and what became of each row.</returns>
    /// <exception cref="ArgumentException">There is no text, another model encoded one, or the options do not fit.</exception>
    /// <exception cref="InsufficientMemoryException">The caches do not fit into memory.</exception>
    /// <exception cref="MemoryLimitException">More is needed than <see cref="DiaModelOptions.MaxMemory"/> allows.</exception>
    /// <exception cref="DiaException">The model computed a NaN or an infinity.</exception>
    /// <exception cref="OperationCanceledException">The generation was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model or a text was disposed of before the call.</exception>
    public DiaGeneration Generate(
        IEnumerable<EncodedText> texts,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return Generate(InputsOf([.. texts]), options, progress, cancellationToken);
    }

    /// <summary>Generates the tokens of speech of encoded texts, off the caller's thread.</summary>
    /// <inheritdoc cref="Generate(IEnumerable{EncodedText}, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    public Task<DiaGeneration> GenerateAsync(
        IEnumerable<EncodedText> texts,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Generate(texts, options, progress, cancellationToken), cancellationToken);

    /// <summary>
    /// Runs the model over given tokens, on the caller's thread: the reference's <c>DiaForConditionalGeneration.forward()</c>, without
    /// gradients.
    /// </summary>
    /// <inheritdoc cref="DiaModel.Forward"/>
    /// <returns>Logits, the loss of labels, and what else the inputs ask for.</returns>
    public DiaOutput Forward(DiaForwardInputs inputs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return (DiaOutput)ForwardRun.Execute(Model, inputs, withLogits: true, cancellationToken);
    }

    /// <summary>Runs the model over given tokens, off the caller's thread.</summary>
    /// <inheritdoc cref="Forward"/>
    public Task<DiaOutput> ForwardAsync(DiaForwardInputs inputs, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Forward(inputs, cancellationToken), cancellationToken);

    /// <summary>Disposes of the model if <see cref="Load"/> loaded it. May be called twice.</summary>
    public void Dispose()
    {
        if (_ownsModel)
        {
            Model.Dispose();
        }
    }

    /// <summary>Generates on the caller's thread, and hands on the frames of every row as soon as they are complete.</summary>
    internal DiaGeneration GenerateFrames(
        DiaInputs inputs,
        GenerationOptions options,
        IProgress<GenerationProgress>? progress,
        Action<GeneratedFrames> emit,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var run = new GenerationRun(Model, inputs, options);
        var frames = new FrameStream(inputs.Count, emit);
        DiaGeneration generation = run.Execute(progress, cancellationToken, frames.Take);
        frames.End(generation);
        return generation;
    }

    /// <summary>As <see cref="GenerateStreamingAsync"/>; so many parts wait at most until the reader takes them.</summary>
    internal IAsyncEnumerable<GeneratedFrames> StreamFrames(
        DiaInputs inputs, GenerationOptions? options, int partsThatWait, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        options = Streamable(options);
        return BackgroundStream.Run<GeneratedFrames>(
            sink => GenerateFrames(inputs, options, progress: null, sink.Emit, sink.Stop),
            partsThatWait,
            options.OnCancellation == CancellationBehavior.ReturnPartial,
            cancellationToken);
    }

    /// <exception cref="ArgumentException">The options ask for what a stream cannot give.</exception>
    internal static GenerationOptions Streamable(GenerationOptions? options)
    {
        if (options is { OutputScores: true } or { OutputLogits: true })
        {
            string name = options.OutputScores ? nameof(options.OutputScores) : nameof(options.OutputLogits);
            throw new ArgumentException(
                $"{name} is not for streams; read the scores with {nameof(options.LogitsProcessor)}.", nameof(options));
        }

        return options ?? new GenerationOptions();
    }

    // As the processor lays out texts without audio prompts.
    private DiaInputs InputsOf(EncodedText[] texts)
    {
        if (texts.Length == 0 || texts.Contains(null))
        {
            throw new ArgumentException("There is no text, or one is null; at least one is needed.", nameof(texts));
        }

        var tokens = new TokenBatch(new int[texts.Length, 1], new int[texts.Length, 1]);
        DiaInputs inputs = new InputBuilder(Config, new ProcessOptions()).Build(tokens, new int[texts.Length][,]);
        inputs.EncodedTexts = texts;
        return inputs;
    }
}
