using System.Diagnostics;
using DiaNative.Interop;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DiaNative;

/// <summary>
/// The weights of Dia and of its codec, loaded from one GGUF file. Immutable and thread-safe: one model serves any number of
/// <see cref="DiaForConditionalGeneration"/>, <see cref="DiaGenerator"/> and <see cref="DacCodec"/> at a time.
/// </summary>
/// <remarks>
/// What was made from a model keeps the memory that it needs: disposing of a model while a generation runs is safe, and the memory
/// is freed when the last user is gone.
/// </remarks>
public sealed class DiaModel : IDisposable
{
    private readonly ModelFacts _facts;

    private DiaModel(ModelHandle handle, string path, DiaModelOptions options)
    {
        Handle = handle;
        Path = path;
        Options = options;
        Gate = new GenerationGate(options.MaxConcurrentGenerations);
        _facts = handle.GetFacts();
        Description = handle.Description;
        Device = handle.Device;
        GpuLayerCount = handle.GpuLayerCount;
        GenerationDefaults = GenerationOptions.FromNative(handle.GetGenerationParams());
        DefaultMaxLength = checked((int)handle.GetGenerationParams().DefaultMaxLength);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>How the model was loaded.</summary>
    public DiaModelOptions Options { get; }

    /// <summary>The architecture of Dia, as the file states it.</summary>
    public DiaConfig Config => _facts.Config;

    /// <summary>The architecture of the codec; <see langword="null"/> if none is loaded.</summary>
    public DacConfig? CodecConfig => _facts.CodecConfig;

    /// <summary>The values that <see cref="GenerationOptions"/> has where it states none: those of the file.</summary>
    public GenerationOptions GenerationDefaults { get; }

    /// <summary>Positions that a row may grow to, behind its prefix, where <see cref="GenerationOptions"/> states no limit.</summary>
    public int DefaultMaxLength { get; }

    /// <summary>A short description, for example "Dia 1.6B q8_0 + DAC f16".</summary>
    public string Description { get; }

    /// <summary>Name of the GPU that has a part of the model, or "CPU" (<see cref="DiaModelOptions.Device"/>).</summary>
    public string Device { get; }

    /// <summary>How many layers that GPU has (<see cref="DiaModelOptions.GpuLayerCount"/>).</summary>
    public int GpuLayerCount { get; }

    /// <summary>Number of values in Dia's tensors.</summary>
    public long ParameterCount => _facts.ParameterCount;

    /// <summary>Number of values in the codec's tensors; 0 if none is loaded.</summary>
    public long CodecParameterCount => _facts.CodecParameterCount;

    /// <summary>Size of all loaded tensors, in bytes.</summary>
    public long SizeInBytes => _facts.SizeInBytes;

    /// <summary>Whether samples can become codes: a converted TTS.cpp file has only the way back.</summary>
    internal bool CodecHasEncoder => _facts.CodecHasEncoder;

    /// <summary>Seconds of audio per frame. Without a codec, that of the codec which Dia was trained with.</summary>
    internal double SecondsPerFrame => 1 / (CodecConfig ?? new DacConfig()).FrameRate;

    internal ModelHandle Handle { get; }

    /// <summary>Where generations wait for their turn.</summary>
    internal GenerationGate Gate { get; }

    internal ILogger Logger => Handle.Logger;

    /// <summary>Loads a GGUF file that <see cref="DiaConverter"/> made.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to load it; <see langword="null"/> for the defaults.</param>
    /// <returns>The model.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DiaFileException">The file is broken, or of another architecture.</exception>
    /// <exception cref="ArgumentException">There is no <see cref="DiaModelOptions.Device"/> of that name.</exception>
    /// <exception cref="InsufficientMemoryException">The weights do not fit into memory, or into that of the device.</exception>
    /// <exception cref="MemoryLimitException">The model cannot speak at all within <see cref="DiaModelOptions.MaxMemory"/>.</exception>
    /// <exception cref="NativeLibraryException">The native library is missing or does not fit.</exception>
    public static DiaModel Load(string path, DiaModelOptions? options = null) => Load(path, options, progress: null, CancellationToken.None);

    /// <summary>Loads a GGUF file that <see cref="DiaConverter"/> made, off the caller's thread.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to load it; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Receives the bytes loaded so far and in all.</param>
    /// <param name="cancellationToken">Stops loading.</param>
    /// <returns>The model.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DiaFileException">The file is broken, or of another architecture.</exception>
    /// <exception cref="MemoryLimitException">The model cannot speak at all within <see cref="DiaModelOptions.MaxMemory"/>.</exception>
    /// <exception cref="NativeLibraryException">The native library is missing or does not fit.</exception>
    /// <exception cref="OperationCanceledException">Loading was cancelled.</exception>
    public static Task<DiaModel> LoadAsync(
        string path,
        DiaModelOptions? options = null,
        IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Load(path, options, progress, cancellationToken), cancellationToken);

    /// <summary>
    /// Tells what speaking with a model would take, before it is loaded: of the file, the header is read, and of the codec some small tensors.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="request">What is to be spoken; <see langword="null"/> for one utterance as long as the model allows.</param>
    /// <param name="options">
    /// How the model would be loaded; <see langword="null"/> for the defaults. <see cref="DiaModelOptions.MaxMemory"/> does not count.
    /// </param>
    /// <returns>The memory, item by item.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DiaFileException">The file is broken, or of another architecture.</exception>
    /// <exception cref="ArgumentException">The model cannot have caches of the type that the request asks for.</exception>
    /// <exception cref="InvalidOperationException">
    /// The request limits the seconds, and without a codec nothing says how long a frame is.
    /// </exception>
    /// <exception cref="TextTooLongException">The request's text has more tokens than the model reads.</exception>
    /// <exception cref="InsufficientMemoryException">The caches are larger than an address space.</exception>
    /// <exception cref="NativeLibraryException">The native library is missing or does not fit.</exception>
    public static MemoryEstimate EstimateMemory(string path, MemoryRequest? request = null, DiaModelOptions? options = null)
    {
        ModelPath.RequireFile(path);
        return NativeEstimate.Of(path, options ?? new DiaModelOptions(), request ?? new MemoryRequest());
    }

    /// <summary>Encodes a text, on the caller's thread, for <see cref="Forward"/> and for generations.</summary>
    /// <param name="text">
    /// The text, with speaker tags; not empty, without the bytes 0 to 2 and the literal <c>&lt;pad&gt;</c>, which alias tags.
    /// </param>
    /// <param name="options">How to encode; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops encoding.</param>
    /// <returns>The encoded text, which the caller disposes of.</returns>
    /// <exception cref="ArgumentException">The text is empty or holds a forbidden character, or the options do not fit it.</exception>
    /// <exception cref="TextTooLongException">The text has more tokens than the model reads.</exception>
    /// <exception cref="DiaException">The model computed a NaN or an infinity.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public EncodedText Encode(string text, EncodeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokenizer = new DiaTokenizer(maxLength: Config.Encoder.MaxPositionEmbeddings);
        return ScriptCheck.FaultOf(text, tokenizer.PadToken) is { } fault
            ? throw new ArgumentException($"The text {fault}.", nameof(text))
            : Encode(tokenizer.Encode(text).InputIds.Row(0).ToArray(), options, cancellationToken);
    }

    /// <summary>Encodes tokens, on the caller's thread, for <see cref="Forward"/> and for generations.</summary>
    /// <param name="inputIds">Token ids of the text; padding among them is what <see cref="EncodeOptions.AttentionMask"/> says.</param>
    /// <param name="options">How to encode; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops encoding.</param>
    /// <returns>The encoded text, which the caller disposes of.</returns>
    /// <exception cref="ArgumentException">There are no tokens, an id is out of its range, or the options do not fit.</exception>
    /// <exception cref="TextTooLongException">There are more tokens than the model reads.</exception>
    /// <exception cref="DiaException">The model computed a NaN or an infinity.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public EncodedText Encode(ReadOnlyMemory<int> inputIds, EncodeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        options ??= new EncodeOptions();
        int[] ids = inputIds.ToArray();
        int[] mask = options.AttentionMask is { } given ? [.. given] : [.. Enumerable.Repeat(1, ids.Length)];
        if (mask.Length != ids.Length)
        {
            throw new ArgumentException($"AttentionMask has {mask.Length} values for {ids.Length} ids; both must be equal.", nameof(options));
        }

        TextLayout layout = ids.Length > 0
            ? TextLayout.Of(mask, nameof(options.AttentionMask))
            : throw new ArgumentException("There are no ids; at least one is needed.", nameof(inputIds));
        EncodingHandle handle = EncodingHandle.Create(
            Handle,
            [.. layout.Places.Select(place => ids[place])],
            layout.Places,
            options.OutputHiddenStates,
            options.OutputAttentions,
            options.Threads ?? Options.Threads ?? 0,
            cancellationToken);
        return new EncodedText(handle, this, ids, layout);
    }

    /// <summary>Encodes a text off the caller's thread.</summary>
    /// <inheritdoc cref="Encode(string, EncodeOptions?, CancellationToken)"/>
    public Task<EncodedText> EncodeAsync(string text, EncodeOptions? options = null, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Encode(text, options, cancellationToken), cancellationToken);

    /// <summary>Encodes tokens off the caller's thread.</summary>
    /// <inheritdoc cref="Encode(ReadOnlyMemory{int}, EncodeOptions?, CancellationToken)"/>
    public Task<EncodedText> EncodeAsync(
        ReadOnlyMemory<int> inputIds, EncodeOptions? options = null, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Encode(inputIds, options, cancellationToken), cancellationToken);

    /// <summary>
    /// Runs encoder and decoder over given tokens, on the caller's thread: the reference's <c>DiaModel.forward()</c>.
    /// <see cref="DiaForConditionalGeneration.Forward"/> gives logits too.
    /// </summary>
    /// <param name="inputs">What to run over, and what is wanted.</param>
    /// <param name="cancellationToken">Stops the call; a cache is left as it was.</param>
    /// <returns>Hidden states, and what else the inputs ask for.</returns>
    /// <exception cref="ArgumentException">
    /// The inputs do not fit the model or each other, labels are given, or there are more positions than the decoder holds: those of
    /// <see cref="DiaDecoderConfig.MaxPositionEmbeddings"/> frames, delayed.
    /// </exception>
    /// <exception cref="TextTooLongException">A text has more tokens than the model reads.</exception>
    /// <exception cref="InsufficientMemoryException">The caches do not fit into memory.</exception>
    /// <exception cref="DiaException">The model computed a NaN or an infinity.</exception>
    /// <exception cref="InvalidOperationException">Another call uses the cache.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model, a text or the cache was disposed of.</exception>
    public DiaModelOutput Forward(DiaForwardInputs inputs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return inputs.Labels is null
            ? ForwardRun.Execute(this, inputs, withLogits: false, cancellationToken)
            : throw new ArgumentException("Labels need logits, which DiaForConditionalGeneration.Forward gives.", nameof(inputs));
    }

    /// <summary>Runs encoder and decoder over given tokens, off the caller's thread.</summary>
    /// <inheritdoc cref="Forward"/>
    public Task<DiaModelOutput> ForwardAsync(DiaForwardInputs inputs, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Forward(inputs, cancellationToken), cancellationToken);

    /// <summary>Gives up the model. May be called twice, and while a generation runs, which then ends normally.</summary>
    public void Dispose() => Handle.Dispose();

    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Handle.IsClosed, this);

    private static DiaModel Load(
        string path, DiaModelOptions? options, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        using Activity? activity = Telemetry.Start(Telemetry.Load);
        try
        {
            DiaModel model = LoadFile(path, options ?? new DiaModelOptions(), progress, cancellationToken);
            activity?.SetTag(Telemetry.ModelFile, System.IO.Path.GetFileName(path))
                .SetTag(Telemetry.ModelDescription, model.Description)
                .SetTag(Telemetry.ModelSize, model.SizeInBytes);
            return model;
        }
        catch (Exception exception) when (Telemetry.Failed(activity, Telemetry.Load, exception))
        {
            throw;
        }
    }

    private static DiaModel LoadFile(
        string path, DiaModelOptions options, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        ModelPath.RequireFile(path);
        ILogger logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<DiaModel>();
        long start = Stopwatch.GetTimestamp();
        ModelHandle handle = ModelHandle.Load(path, options, logger, progress, cancellationToken);
        try
        {
            var model = new DiaModel(handle, path, options);
            Log.ModelLoaded(logger, path, model.Description, model.SizeInBytes, Stopwatch.GetElapsedTime(start));
            return model;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
