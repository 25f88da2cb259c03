namespace DiaNative;

/// <summary>What <see cref="DiaQuantizer"/> writes.</summary>
public sealed record QuantizationOptions : RoundingOptions
{
    /// <summary>Whether tensors that have blocks already may be rounded again, each time with further errors.</summary>
    /// <value>Default <see langword="false"/>: refuse.</value>
    public bool AllowRequantize { get; init; }
}
