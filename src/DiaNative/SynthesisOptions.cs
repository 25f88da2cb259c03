namespace DiaNative;

/// <summary>What <see cref="DiaSynthesizer"/> writes.</summary>
public sealed record SynthesisOptions : WeightOptions
{
    /// <summary>The same seed gives the same file.</summary>
    /// <value>Default 0.</value>
    public ulong Seed { get; init; }
}
