namespace DiaNative.EndToEndTests.Support;

/// <summary>How a run of the tool ended.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    /// <summary>Fails with everything that the tool printed if it did not succeed.</summary>
    internal ToolResult ShouldSucceed()
    {
        Assert.True(ExitCode == 0, ToString());
        return this;
    }

    /// <summary>Fails unless the tool ended with this code and one line on standard error that holds all the words.</summary>
    internal void ShouldFailWith(int exitCode, params string[] words)
    {
        Assert.True(ExitCode == exitCode, $"expected exit code {exitCode}: {this}");
        string[] lines = Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length == 1, $"expected one line on standard error, found {lines.Length}: {this}");
        Assert.StartsWith("dianative: ", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.All(words, word => Assert.Contains(word, lines[0], StringComparison.OrdinalIgnoreCase));
    }

    public override string ToString() => $"exit code {ExitCode}\n--- output\n{Output}--- error\n{Error}---";
}
