using DiaNative.Interop;

namespace DiaNative;

/// <summary>What is in a GGUF file, of whatever architecture: its metadata and its tensors, without their data. Immutable.</summary>
public sealed class GgufFile
{
    private GgufFile(string path, IReadOnlyList<GgufMetadata> metadata, IReadOnlyList<GgufTensor> tensors)
    {
        Path = path;
        Metadata = metadata;
        Tensors = tensors;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The metadata entries, in the order of the file.</summary>
    public IReadOnlyList<GgufMetadata> Metadata { get; }

    /// <summary>The tensors, in the order of the file.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>Reads the directory of a file; the file is closed afterwards.</summary>
    /// <param name="path">The file.</param>
    /// <returns>What is in it.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DiaFileException">The file is no GGUF file, or a broken one.</exception>
    public static GgufFile Open(string path)
    {
        ModelPath.RequireFile(path);
        using GgufHandle handle = GgufHandle.Open(path);
        return new GgufFile(path, handle.ReadMetadata(), handle.ReadTensors());
    }
}
