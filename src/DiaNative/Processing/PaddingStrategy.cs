namespace DiaNative;

/// <summary>To which length <see cref="DiaFeatureExtractor"/> fills audio up.</summary>
public enum PaddingStrategy
{
    /// <summary>To the longest of the batch, rounded up to whole frames.</summary>
    Longest,

    /// <summary>To <see cref="ExtractOptions.MaxLength"/>, rounded up to whole frames.</summary>
    MaxLength,

    /// <summary>Not at all: everything in the batch must have the same length.</summary>
    None,
}
