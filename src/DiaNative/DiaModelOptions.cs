using Microsoft.Extensions.Logging;

namespace DiaNative;

/// <summary>How a <see cref="DiaModel"/> is loaded.</summary>
public sealed record DiaModelOptions
{
    /// <summary>
    /// Whether the weights are mapped from the file where the system can do that, instead of being read: it loads in no time, and
    /// processes share the memory.
    /// </summary>
    /// <remarks>
    /// A mapped file must stay as it is while the model is in use. Replacing it by another file of the same name is fine; cutting it short,
    /// which copying over it does, makes the next call fail with an <see cref="IOException"/>, and can end the process if a call is
    /// running. For a file on a disk that may vanish say <see langword="false"/>.
    /// </remarks>
    /// <value>Default <see langword="true"/>.</value>
    public bool UseMemoryMap { get; init; } = true;

    /// <summary>Whether the codec is loaded too, if the file has one. Without it a model gives codes, but no audio.</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool LoadCodec { get; init; } = true;

    /// <summary>
    /// Bytes that the process may hold, at least 1. A model whose shortest speech needs more is not loaded, and a generation does not begin
    /// whose <see cref="MemoryEstimate.TotalStreaming"/> is larger, what the generations take that run counted with it: both throw
    /// <see cref="MemoryLimitException"/> and take nothing.
    /// </summary>
    /// <remarks>The memory of a GPU is not counted. Forward passes, and audio that is encoded or decoded apart from a generation, are not counted either.</remarks>
    /// <value>Default <see langword="null"/>: no limit.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public long? MaxMemory { get; init => field = OptionCheck.AtLeast(value, 1L); }

    /// <summary>
    /// Where the model lives and is computed: the name of one of <see cref="DiaRuntime.Devices"/>, or "auto": the GPU that has room for most
    /// of the model, or the processor if there is none.
    /// </summary>
    /// <remarks>A GPU holds copies of the weights, <see cref="UseMemoryMap"/> notwithstanding.</remarks>
    /// <value>Default <see langword="null"/>: "auto".</value>
    public string? Device { get; init; }

    /// <summary>
    /// How much of the model a GPU gets, at least 0: the codec and the last so many layers of the decoder, with its head. The processor keeps
    /// the others. The text encoder comes last: it is one layer more than the decoder has; higher numbers mean everything.
    /// </summary>
    /// <value>
    /// Default <see langword="null"/>: as many layers as the free memory of the GPU holds beside a speech of the length that the model was
    /// trained for.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 0.</exception>
    public int? GpuLayerCount { get; init => field = OptionCheck.AtLeast(value, 0); }

    /// <summary>CPU threads of everything that runs this model, unless a call states its own number; at least 1.</summary>
    /// <value>Default <see langword="null"/>: the physical cores, fewer for a small model.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? Threads { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>
    /// Generations that run at a time; at least 1. Others wait until it is their turn: an asynchronous call without a thread, a stream on its
    /// own, which keeps its turn while its reader is slow. A <see cref="DiaGenerator"/> that the caller drives is not counted.
    /// </summary>
    /// <value>Default <see langword="null"/>: any number, which share the cores.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? MaxConcurrentGenerations { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>Receives the log of the model and of everything that runs it, that of the native library included.</summary>
    /// <value>Default <see langword="null"/>: no log.</value>
    public ILoggerFactory? LoggerFactory { get; init; }
}
