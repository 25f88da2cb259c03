namespace DiaNative;

/// <summary>How <see cref="DiaProcessor"/> prepares the inputs of a generation.</summary>
public sealed record ProcessOptions
{
    /// <summary>Whether a text that is too long is cut instead of being refused.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool Truncate { get; init; }
}
