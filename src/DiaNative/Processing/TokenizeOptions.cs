namespace DiaNative;

/// <summary>How <see cref="DiaTokenizer"/> encodes.</summary>
public sealed record TokenizeOptions
{
    /// <summary>Whether a longer text is cut at <see cref="MaxLength"/> instead of being refused.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool Truncate { get; init; }

    /// <summary>Most tokens of a text; at least 1.</summary>
    /// <value>Default <see langword="null"/>: <see cref="DiaTokenizer.MaxLength"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? MaxLength { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>Whether the batch is filled up to <see cref="MaxLength"/> rather than to its longest text.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool PadToMaxLength { get; init; }

    /// <summary>Where shorter texts are filled up.</summary>
    /// <value>Default <see cref="PaddingSide.Right"/>.</value>
    public PaddingSide PaddingSide { get; init; }
}
