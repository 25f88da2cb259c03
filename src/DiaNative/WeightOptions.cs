namespace DiaNative;

/// <summary>How the weights of a file that is written are stored.</summary>
public abstract record WeightOptions
{
    private protected WeightOptions()
    {
    }

    /// <summary>Type of Dia's matrices.</summary>
    /// <value>Default <see cref="WeightType.Auto"/>: as they are given, or for random ones <see cref="WeightType.BF16"/>, as published.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is no type.</exception>
    public WeightType WeightType { get; init => field = OptionCheck.Defined(value); } = WeightType.Auto;

    /// <summary>Type of DAC's convolutions: <see cref="WeightType.F32"/> or <see cref="WeightType.F16"/>.</summary>
    /// <value>
    /// Default <see cref="WeightType.Auto"/>: as they are given, those of bfloat16 as 32-bit floats, and for random ones
    /// <see cref="WeightType.F32"/>, as published.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is another type.</exception>
    public WeightType CodecWeightType
    {
        get;
        init => field = value is WeightType.Auto or WeightType.F32 or WeightType.F16
            ? value
            : throw OptionCheck.OutOfRange(nameof(CodecWeightType), value, "Auto, F32 or F16");
    } = WeightType.Auto;

    /// <summary>Whether matrices that measure sensitive get more bits than <see cref="WeightType"/> has.</summary>
    /// <value>Default <see cref="WeightMix.None"/>. Anything else needs a type with blocks, such as <see cref="WeightType.Q4_K"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is no mix.</exception>
    public WeightMix Mix { get; init => field = OptionCheck.Defined(value); } = WeightMix.None;

    /// <summary>CPU threads; the result does not depend on them.</summary>
    /// <value>At least 1; default <see langword="null"/>: the physical cores.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? ThreadCount { get; init => field = OptionCheck.AtLeast(value, 1); }
}
