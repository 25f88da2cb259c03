using System.Text.Json;

namespace DiaNative;

/// <summary>Which files of a repository make up a checkpoint that <see cref="DiaConverter"/> reads.</summary>
internal static class CheckpointFiles
{
    internal const string Tensors = "model.safetensors";
    internal const string Index = "model.safetensors.index.json";

    private const string Configuration = "config.json";

    // Beyond this no file but the tensors can be what it claims to be.
    private const long LargestJson = 64 * 1024 * 1024;

    private static readonly string[] s_optional =
    [
        "generation_config.json", "preprocessor_config.json", "processor_config.json", "tokenizer_config.json", "added_tokens.json",
        "special_tokens_map.json", "audio_tokenizer_config.json",
    ];

    private static readonly string[] s_otherWeights = [".safetensors", ".bin", ".pth", ".pt", ".ckpt", ".gguf", ".onnx", ".msgpack", ".h5"];

    /// <summary>Chooses the small files and the file with the tensors, or the index of several.</summary>
    /// <exception cref="DiaHubException">The repository has no checkpoint that can be read.</exception>
    internal static IReadOnlyList<HubFile> Choose(HubSubject subject, IReadOnlyDictionary<string, HubFile> listing)
    {
        if (!listing.TryGetValue(Tensors, out HubFile? tensors) && !listing.TryGetValue(Index, out tensors))
        {
            throw NoTensors(subject, listing.Keys);
        }

        if (!listing.TryGetValue(Configuration, out HubFile? configuration))
        {
            throw new DiaHubException(
                DiaHubError.NoCheckpoint, $"{subject.Repository} at '{subject.Revision}' has no {Configuration}, so it is no checkpoint of Dia or DAC.");
        }

        HubFile[] files = [configuration, .. s_optional.Where(listing.ContainsKey).Select(name => listing[name]), tensors];
        HubFile? tooLarge = files.FirstOrDefault(file => file.Name != Tensors && file.Size > LargestJson);
        return tooLarge is null
            ? files
            : throw new DiaHubException(
                DiaHubError.InvalidResponse, $"{subject.Repository}/{tooLarge.Name} has {tooLarge.Size} bytes, expected at most {LargestJson}.");
    }

    /// <summary>The names that an index gives, each once.</summary>
    /// <exception cref="DiaHubException">The index is malformed, or names something other than a file beside it.</exception>
    internal static IReadOnlyList<string> Shards(HubSubject subject, byte[] index)
    {
        HubAnswer.CheckpointIndex? parsed;
        try
        {
            parsed = JsonSerializer.Deserialize(index, HubJson.Default.CheckpointIndex);
        }
        catch (JsonException exception)
        {
            throw new DiaHubException(DiaHubError.NoCheckpoint, $"{subject.Repository}/{Index} is malformed: {exception.Message}", exception);
        }

        string[] shards = [.. (parsed?.WeightMap?.Values ?? Enumerable.Empty<string>()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (shards.Length == 0)
        {
            throw new DiaHubException(DiaHubError.NoCheckpoint, $"{subject.Repository}/{Index} names no files.");
        }

        string? foreign = shards.FirstOrDefault(shard => !HubNames.IsShard(shard));
        return foreign is null
            ? shards
            : throw new DiaHubException(
                DiaHubError.InvalidResponse, $"{subject.Repository}/{Index} names '{foreign}', expected the name of a safetensors file beside it.");
    }

    private static DiaHubException NoTensors(HubSubject subject, IEnumerable<string> names)
    {
        string[] others = [.. names.Where(name => s_otherWeights.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))];
        string found = others.Length == 0 ? "and nothing else with weights" : $"but {string.Join(", ", others.Take(5))}{(others.Length > 5 ? ", ..." : "")}";
        return new DiaHubException(
            DiaHubError.NoCheckpoint,
            $"{subject.Repository} at '{subject.Revision}' has neither {Tensors} nor {Index} {found}. Only safetensors are read; " +
            $"Dia is at {DiaHub.DefaultModel} and its codec at {DiaHub.DefaultCodec}.");
    }
}
