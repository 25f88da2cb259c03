using Microsoft.Extensions.DependencyInjection;

namespace DiaNative;

/// <summary>
/// The model that <see cref="DiaNativeServiceCollectionExtensions"/> registers, and how it is loaded. Every property can come from a
/// configuration section.
/// </summary>
/// <example>
/// <code>
/// { "Dia": { "ModelPath": "dia-1.6b.gguf", "Threads": 8 } }
/// </code>
/// </example>
public sealed class DiaNativeOptions
{
    /// <summary>The GGUF file; required. A relative path begins at the current directory.</summary>
    /// <value>Default empty, which is refused when the options are validated.</value>
    public string ModelPath { get; set; } = "";

    /// <summary>Whether the weights are mapped from the file instead of being read (<see cref="DiaModelOptions.UseMemoryMap"/>).</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool UseMemoryMap { get; set; } = true;

    /// <summary>
    /// Whether the codec is loaded (<see cref="DiaModelOptions.LoadCodec"/>). Without it there is no <see cref="DiaTextToSpeech"/>.
    /// </summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool LoadCodec { get; set; } = true;

    /// <summary>
    /// Bytes that the process may hold; at least 1. What needs more is refused before it takes memory (<see cref="DiaModelOptions.MaxMemory"/>).
    /// </summary>
    /// <value>Default <see langword="null"/>: no limit.</value>
    public long? MaxMemory { get; set; }

    /// <summary>Where the model lives and is computed (<see cref="DiaModelOptions.Device"/>).</summary>
    /// <value>Default <see langword="null"/>: a GPU that has room for it, else the processor.</value>
    public string? Device { get; set; }

    /// <summary>How much of the model a GPU gets; at least 0 (<see cref="DiaModelOptions.GpuLayerCount"/>).</summary>
    /// <value>Default <see langword="null"/>: as much as its free memory holds.</value>
    public int? GpuLayerCount { get; set; }

    /// <summary>CPU threads; at least 1 (<see cref="DiaModelOptions.Threads"/>).</summary>
    /// <value>Default <see langword="null"/>: the physical cores, fewer for a small model.</value>
    public int? Threads { get; set; }

    /// <summary>
    /// Generations that run at a time; at least 1. Others wait until it is their turn (<see cref="DiaModelOptions.MaxConcurrentGenerations"/>).
    /// </summary>
    /// <value>Default <see langword="null"/>: any number, which share the cores.</value>
    public int? MaxConcurrentGenerations { get; set; }

    internal DiaModelOptions ToModelOptions() => new()
    {
        UseMemoryMap = UseMemoryMap,
        LoadCodec = LoadCodec,
        MaxMemory = MaxMemory,
        Device = Device,
        GpuLayerCount = GpuLayerCount,
        Threads = Threads,
        MaxConcurrentGenerations = MaxConcurrentGenerations,
    };
}
