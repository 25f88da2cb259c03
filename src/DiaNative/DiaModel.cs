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
        _facts = handle.GetFacts();
        Description = handle.Description;
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

    /// <summary>Number of values in Dia's tensors.</summary>
    public long ParameterCount => _facts.ParameterCount;

    /// <summary>Number of values in the codec's tensors; 0 if none is loaded.</summary>
    public long CodecParameterCount => _facts.CodecParameterCount;

    /// <summary>Size of all loaded tensors, in bytes.</summary>
    public long SizeInBytes => _facts.SizeInBytes;

    /// <summary>Seconds of audio per frame. Without a codec, that of the codec which Dia was trained with.</summary>
    internal double SecondsPerFrame => 1 / (CodecConfig ?? new DacConfig()).FrameRate;

    internal ModelHandle Handle { get; }

    internal ILogger Logger => Handle.Logger;

    /// <summary>Loads a GGUF file that <see cref="DiaConverter"/> made.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to load it; <see langword="null"/> for the defaults.</param>
    /// <returns>The model.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DiaFileException">The file is broken, or of another architecture.</exception>
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
    /// <exception cref="NativeLibraryException">The native library is missing or does not fit.</exception>
    /// <exception cref="OperationCanceledException">Loading was cancelled.</exception>
    public static Task<DiaModel> LoadAsync(
        string path,
        DiaModelOptions? options = null,
        IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Load(path, options, progress, cancellationToken), cancellationToken);

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
        ModelHandle handle = ModelHandle.Load(path, options.UseMemoryMap, options.LoadCodec, logger, progress, cancellationToken);
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
