using System.CommandLine;

namespace DiaNative.Cli;

/// <summary>A file with a script on each line, to measure a model with.</summary>
internal static class ScriptFile
{
    private static readonly string s_own = Path.Combine(AppContext.BaseDirectory, "Models", "scripts.txt");

    internal static Option<string?> Option() =>
        new("--scripts", "-s") { Description = "File with a script on each line; by default a few short ones" };

    /// <summary>The scripts of a file, or those that come with the tool.</summary>
    internal static async Task<IReadOnlyList<string>> ReadAsync(string? path, CancellationToken cancellationToken)
    {
        string[] lines = await File.ReadAllLinesAsync(path ?? s_own, cancellationToken).ConfigureAwait(false);
        string[] scripts = [.. lines.Select(line => line.Trim()).Where(line => line.Length > 0)];
        return scripts.Length > 0 ? scripts : throw new UsageException($"'{path}' holds no scripts");
    }
}
