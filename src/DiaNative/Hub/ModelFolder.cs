using System.Diagnostics;
using System.Text.Json;

namespace DiaNative;

/// <summary>
/// The folder of <see cref="DiaModels"/>: <c>{owner}/{name}-{type}.gguf</c>, and beside each file one of the same name with <c>.json</c>
/// that tells its origin.
/// </summary>
internal static class ModelFolder
{
    internal const string Extension = ".gguf";

    internal static async Task<PulledModel> ConvertAsync(
        HubSnapshot model, HubSnapshot codec, PullOptions options, IProgress<HubProgress>? progress, CancellationToken cancellationToken)
    {
        // The folder of a snapshot is called after its commit, which says nothing to people.
        ConversionOptions conversion = options.Conversion with { ModelName = options.Conversion.ModelName ?? model.Repository.Split('/')[^1] };
        var origin = new ModelOrigin(
            model.Repository, model.Commit, codec.Repository, codec.Commit, Describe(conversion), DiaRuntime.NativeVersion);
        string name = $"{model.Repository}-{TypeOf(conversion)}";
        string path = options.OutputPath ?? PathOf(name);
        if (options.OutputPath is null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            // What a file of importances holds may have changed.
            if (!options.Force && conversion.ImportancePath is null && File.Exists(path) && ReadOrigin(path) == origin)
            {
                return new PulledModel(name, path, new FileInfo(path).Length, origin);
            }

            // A file whose origin is unknown is converted anew; one with the wrong origin would not be.
            File.Delete(OriginPath(path));
        }

        await DiaConverter.ConvertAsync(
            model.Directory, codec.Directory, path, conversion, progress is null ? null : new ConversionProgress(progress), cancellationToken)
            .ConfigureAwait(false);
        if (options.OutputPath is null)
        {
            await AtomicFile.WriteAsync(
                OriginPath(path), async: true, stream => JsonSerializer.SerializeAsync(stream, origin, ModelJson.Default.ModelOrigin, CancellationToken.None))
                .ConfigureAwait(false);
        }

        return new PulledModel(name, path, new FileInfo(path).Length, origin);
    }

    internal static string OriginPath(string path) => Path.ChangeExtension(path, ".json");

    /// <summary>What is known about a file; null if nothing is.</summary>
    internal static ModelOrigin? ReadOrigin(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(OriginPath(path));
            return JsonSerializer.Deserialize(stream, ModelJson.Default.ModelOrigin);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    // As the command line names them.
    private static string TypeOf(ConversionOptions options) => $"{LowerCase(options.WeightType)}{(options.Mix == WeightMix.None ? "" : "_m")}";

    private static string Describe(ConversionOptions options)
    {
        var parts = new List<string> { TypeOf(options) };
        if (options.CodecWeightType != WeightType.Auto)
        {
            parts.Add($"codec {LowerCase(options.CodecWeightType)}");
        }

        parts.AddRange(options.TensorTypes.Select(change => $"{change.Pattern}={LowerCase(change.Type)}"));
        if (options.ImportancePath is not null)
        {
            parts.Add($"imatrix {options.ImportancePath}");
        }

        return string.Join(", ", parts);
    }

#pragma warning disable CA1308 // Types are written in lower case.
    private static string LowerCase(WeightType type) => type.ToString().ToLowerInvariant();
#pragma warning restore CA1308

    private static string PathOf(string name) => Path.Combine([DiaModels.Directory, .. name.Split('/')]) + Extension;

    /// <summary>Hands the converter's progress on as that of a pull.</summary>
    private sealed class ConversionProgress(IProgress<HubProgress> progress) : IProgress<ByteProgress>
    {
        private readonly long _start = Stopwatch.GetTimestamp();

        public void Report(ByteProgress value)
        {
            double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
            bool isDone = value.Done == value.Total;
            progress.Report(new HubProgress(HubStage.Converting, value, isDone ? 1 : 0, 1, seconds > 0 ? value.Done / seconds : 0));
        }
    }
}
