namespace DiaNative;

/// <summary>How <see cref="DiaProcessor"/> prepares the inputs of a generation, or of training.</summary>
public sealed record ProcessOptions
{
    /// <summary>Whether a text that is too long is cut instead of being refused.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool Truncate { get; init; }

    /// <summary>Most tokens of a text; at least 1.</summary>
    /// <value>Default <see langword="null"/>: <see cref="DiaTokenizer.MaxLength"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? MaxLength { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>Whether texts are filled up to <see cref="MaxLength"/> rather than to the longest of them.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool PadToMaxLength { get; init; }

    /// <summary>Where shorter texts are filled up.</summary>
    /// <value>Default <see cref="PaddingSide.Right"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is no side.</exception>
    public PaddingSide PaddingSide { get; init => field = OptionCheck.Defined(value); }

    /// <summary>Whether audio of another rate is resampled instead of being refused.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool Resample { get; init; }

    /// <summary>
    /// Whether the inputs are for generating, from where the audio ends; otherwise they are for training, and every audio ends with the end
    /// of speech.
    /// </summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool Generation { get; init; } = true;

    /// <summary>Whether <see cref="DiaInputs.Labels"/> are made. Needs <c>Generation = false</c>.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool OutputLabels { get; init; }

    internal TokenizeOptions Tokenizing => new()
    {
        Truncate = Truncate,
        MaxLength = MaxLength,
        PadToMaxLength = PadToMaxLength,
        PaddingSide = PaddingSide,
    };
}
