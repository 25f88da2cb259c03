using System.Collections.Concurrent;
using System.Text.Json;

namespace DiaNative.TestSupport;

/// <summary>
/// A folder of golden data: a small checkpoint and what the reference computes on it. tests/golden/README.md describes the format.
/// </summary>
public sealed class GoldenSet
{
    private const string DirectoriesVariable = "DIA_GOLDEN_DIRS";

    private static readonly Lazy<TemporaryFolder> s_converted = new(() =>
    {
        var folder = new TemporaryFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        return folder;
    });

    private readonly string _folder;
    private readonly ConcurrentDictionary<string, SafetensorsFile> _files = new();
    private readonly Lazy<string> _model;

    private GoldenSet(string folder)
    {
        _folder = Path.GetFullPath(folder);
        Name = Path.GetFileName(_folder);
        Cases = [.. CaseFiles().SelectMany(ReadCases)];
        _model = new Lazy<string>(ConvertModel);
    }

    /// <summary>The sets named in DIA_GOLDEN_DIRS, separated as PATH is; otherwise the project's own.</summary>
    public static IReadOnlyList<GoldenSet> All { get; } = [.. Folders().Select(folder => new GoldenSet(folder))];

    /// <summary>The project's smallest set, whatever the variable says.</summary>
    public static GoldenSet Tiny { get; } = Own("tiny");

    public string Name { get; }

    public string ModelDirectory => Path.Combine(_folder, "dia");

    public string CodecDirectory => Path.Combine(_folder, "dac");

    public IReadOnlyList<GoldenCase> Cases { get; }

    /// <summary>The checkpoint as a GGUF of 32-bit weights, converted once per process and deleted at its end.</summary>
    public string Model => _model.Value;

    public string GoldenPath(string name) => Path.Combine(_folder, "golden", name);

    public SafetensorsFile File(string name) => _files.GetOrAdd(name, file => new SafetensorsFile(GoldenPath(file)));

    public GoldenCase Case(string id) => Cases.Single(entry => entry.Id == id);

    /// <summary>An audio prompt, which cases call by its name.</summary>
    public AudioBuffer Prompt(string name) => AudioBuffer.Load(GoldenPath(
        Cases.Single(entry => entry.Kind == "prompts").Entry.GetProperty("files").GetProperty(name).GetString()!));

    /// <summary>One of the project's sets, whatever the variable says.</summary>
    public static GoldenSet Own(string name) => new(RepositoryLayout.PathTo("tests", "golden", name));

    /// <summary>The manifest, then the other files that may hold cases: those of the areas.</summary>
    private IEnumerable<string> CaseFiles()
    {
        string manifest = GoldenPath("manifest.json");
        return Directory.EnumerateFiles(GoldenPath(""), "*.json")
            .Where(path => path != manifest)
            .Order(StringComparer.Ordinal)
            .Prepend(manifest);
    }

    private List<GoldenCase> ReadCases(string path)
    {
        using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllText(path));
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("cases", out JsonElement cases)
            ? [.. cases.EnumerateArray().Select(entry => new GoldenCase(this, entry.Clone()))]
            : [];
    }

    private string ConvertModel()
    {
        string path = s_converted.Value.PathTo($"{Name}-{Guid.NewGuid():N}.gguf");
        DiaConverter.Convert(
            ModelDirectory, CodecDirectory, path, new ConversionOptions { WeightType = WeightType.F32, CodecWeightType = WeightType.F32 });
        return path;
    }

    private static IEnumerable<string> Folders()
    {
        string? named = Environment.GetEnvironmentVariable(DirectoriesVariable);
        return string.IsNullOrEmpty(named)
            ? Directory.EnumerateDirectories(RepositoryLayout.PathTo("tests", "golden"))
                .Where(folder => System.IO.File.Exists(Path.Combine(folder, "golden", "manifest.json")))
                .Order(StringComparer.Ordinal)
            : named.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
    }
}
