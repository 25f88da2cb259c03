using System.Text.Json.Serialization;

namespace DiaNative;

/// <summary>What the hub's interface answers, as far as it is of interest.</summary>
internal static class HubAnswer
{
    /// <summary>Answer of <c>/api/models/{repository}/revision/{revision}</c>.</summary>
    internal sealed record Revision(string? Sha);

    /// <summary>An element of the answer of <c>/api/models/{repository}/tree/{revision}</c>.</summary>
    /// <param name="Type"><c>file</c> or <c>directory</c>.</param>
    /// <param name="Path">Name of the file, from the root of the repository.</param>
    /// <param name="Oid">Git's SHA-1 of the file, or, with <paramref name="Lfs"/>, of the pointer to it.</param>
    /// <param name="Size">Bytes of the file.</param>
    /// <param name="Lfs">The file itself, where git holds a pointer only.</param>
    internal sealed record TreeEntry(string? Type, string? Path, string? Oid, long Size, LargeFile? Lfs);

    /// <summary>A file that lies beside git.</summary>
    /// <param name="Oid">SHA-256.</param>
    /// <param name="Size">Bytes.</param>
    internal sealed record LargeFile(string? Oid, long Size);

    /// <summary><c>model.safetensors.index.json</c>: the file of every tensor.</summary>
    internal sealed record CheckpointIndex([property: JsonPropertyName("weight_map")] Dictionary<string, string>? WeightMap);
}
