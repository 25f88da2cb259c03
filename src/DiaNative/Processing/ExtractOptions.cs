namespace DiaNative;

/// <summary>How <see cref="DiaFeatureExtractor"/> prepares audio.</summary>
public sealed record ExtractOptions
{
    /// <summary>To which length audio is filled up. It and <see cref="Truncate"/> exclude each other.</summary>
    /// <value>Default <see langword="null"/>: <see cref="PaddingStrategy.Longest"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is no strategy.</exception>
    public PaddingStrategy? Padding { get; init => field = value is null ? null : OptionCheck.Defined(value.Value); }

    /// <summary>Whether longer audio is cut at <see cref="MaxLength"/>, rounded up to whole frames, which must be given then.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool Truncate { get; init; }

    /// <summary>Samples to fill up to or to cut at; at least 1.</summary>
    /// <value>Default <see langword="null"/>: no such length.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? MaxLength { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>
    /// The rate that the audio is expected to have, in Hz, which must be that of the extractor; at least 1. Bare samples, which do not tell
    /// their rate, need it.
    /// </summary>
    /// <value>Default <see langword="null"/>: that of the extractor.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? SamplingRate { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>Whether audio of another rate is resampled instead of being refused.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool Resample { get; init; }

    /// <summary>Whether bare samples of several channels are averaged instead of being refused.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool DownMix { get; init; }
}
