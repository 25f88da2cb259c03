namespace DiaNative;

/// <summary>How a <see cref="DacCodec"/> runs. The samples do not depend on it.</summary>
public sealed record DacCodecOptions
{
    /// <summary>CPU threads; at least 1.</summary>
    /// <value>Default <see langword="null"/>: those of the model's <see cref="DiaModelOptions.Threads"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? Threads { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>Frames that are decoded at a time; at least 1. Fewer need less memory, more are a little faster.</summary>
    /// <value>Default <see langword="null"/>: 86, about one second.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? WindowFrames { get; init => field = OptionCheck.AtLeast(value, 1); }
}
