using System.Text.Json;

namespace DiaNative.EndToEndTests.Support;

/// <summary>
/// A folder of golden data (<c>tests/golden/README.md</c>): a small checkpoint and what the reference makes of it. The
/// repository's own, or those that <c>DIA_GOLDEN_DIRS</c> names.
/// </summary>
internal sealed record GoldenSet(string Folder)
{
    internal static IReadOnlyList<GoldenSet> All { get; } = Find();

    /// <summary>The first set: whatever needs just any checkpoint takes it.</summary>
    internal static GoldenSet First => All[0];

    internal string Name => Path.GetFileName(Folder);

    internal string ModelFolder => Path.Combine(Folder, "dia");

    internal string CodecFolder => Path.Combine(Folder, "dac");

    internal string Recording(string name) => Path.Combine(Folder, "golden", name);

    /// <summary>The cases that go from text to audio.</summary>
    internal IEnumerable<GoldenSpeech> Speeches()
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "golden", "manifest.json")));
        JsonElement[] cases = [.. manifest.RootElement.GetProperty("cases").EnumerateArray()];
        Dictionary<string, string> sounds = cases
            .Where(entry => entry.GetProperty("kind").GetString() == "prompts")
            .SelectMany(entry => entry.GetProperty("files").EnumerateObject())
            .ToDictionary(file => file.Name, file => Recording(file.Value.GetString()!));
        foreach (JsonElement entry in cases)
        {
            if (entry.GetProperty("kind").GetString() == "e2e" && !entry.TryGetProperty("error", out _))
            {
                yield return GoldenSpeech.From(this, entry, sounds);
            }
        }
    }

    private static List<GoldenSet> Find()
    {
        string? named = Environment.GetEnvironmentVariable("DIA_GOLDEN_DIRS");
        IEnumerable<string> folders = string.IsNullOrEmpty(named)
            ? Directory.EnumerateDirectories(Path.Combine(CommandLineTool.RepositoryRoot, "tests", "golden"))
                .Where(folder => File.Exists(Path.Combine(folder, "golden", "manifest.json")))
                .Order(StringComparer.Ordinal)
            : named.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(Path.GetFullPath);
        return [.. folders.Select(folder => new GoldenSet(folder.TrimEnd(Path.DirectorySeparatorChar)))];
    }
}
