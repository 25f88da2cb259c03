namespace DiaNative.Cli;

/// <summary>What is shown on standard error while something takes its time.</summary>
internal enum ProgressStyle
{
    /// <summary>A bar where standard error is a terminal, else nothing.</summary>
    Auto,

    /// <summary>A line per second of audio, wherever it goes.</summary>
    Plain,

    /// <summary>Nothing.</summary>
    None,
}
