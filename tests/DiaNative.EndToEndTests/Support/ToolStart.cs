namespace DiaNative.EndToEndTests.Support;

/// <summary>How the tool is started.</summary>
internal sealed record ToolStart(IReadOnlyList<string> Arguments)
{
    /// <summary>What it reads from standard input.</summary>
    internal string Input { get; init; } = "";

    internal string WorkingDirectory { get; init; } = Path.GetTempPath();
}
