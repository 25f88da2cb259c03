namespace DiaNative.EndToEndTests.Support;

/// <summary>How the tool is started.</summary>
internal sealed record ToolStart(IReadOnlyList<string> Arguments)
{
    /// <summary>What it reads from standard input.</summary>
    internal string Input { get; init; } = "";

    /// <summary>Environment variables beside those of the tests' own process.</summary>
    internal IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    internal string WorkingDirectory { get; init; } = Path.GetTempPath();
}
