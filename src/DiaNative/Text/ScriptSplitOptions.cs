namespace DiaNative;

/// <summary>How <see cref="ScriptSplitter"/> cuts a script.</summary>
public sealed record ScriptSplitOptions
{
    internal const int SmallestMaxTokens = 32;

    private static readonly TimeSpan s_smallestMaxDuration = TimeSpan.FromSeconds(2);

    /// <summary>Longest piece, as <see cref="ScriptSplitter.EstimateDuration"/> estimates it; at least two seconds.</summary>
    /// <value>Default 20 seconds, the longest that Dia was trained on.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below two seconds.</exception>
    public TimeSpan MaxDuration
    {
        get;
        init => field = value >= s_smallestMaxDuration
            ? value
            : throw OptionCheck.OutOfRange(nameof(MaxDuration), value, $"at least {s_smallestMaxDuration}");
    } = TimeSpan.FromSeconds(SpeechLength.Longest);

    /// <summary>Most turns of speakers in a piece; at least 1.</summary>
    /// <value>Default 4.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int MaxTurns { get; init => field = OptionCheck.AtLeast(value, 1)!.Value; } = 4;

    /// <summary>Most tokens (bytes of UTF-8, or speaker tags) in a piece; at least 32.</summary>
    /// <value>Default 1024, what Dia reads.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 32.</exception>
    public int MaxTokens { get; init => field = OptionCheck.AtLeast(value, SmallestMaxTokens)!.Value; } = 1024;

    /// <summary>
    /// Whether a piece of several turns ends with the tag of the speaker before the last one, which makes the end of its audio better.
    /// </summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool CloseWithTag { get; init; }
}
