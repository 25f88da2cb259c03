namespace DiaNative;

/// <summary>How <see cref="DiaComparison"/> measures.</summary>
public sealed record ComparisonOptions
{
    /// <summary>How the reference model speaks the scripts, and with which guidance and top-k both choose tokens.</summary>
    /// <value>
    /// Default: at most <see cref="DefaultMaxNewTokens"/> positions, all else as the reference model's file states. Without a seed that of
    /// script i is i, so that a comparison gives the same numbers each time.
    /// </value>
    /// <exception cref="ArgumentNullException">The value is <see langword="null"/>.</exception>
    public GenerationOptions Generation
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = new() { MaxNewTokens = DefaultMaxNewTokens };

    /// <summary>Positions that the reference speaks by default: about three seconds.</summary>
    public const int DefaultMaxNewTokens = 300;
}
