namespace DiaNative;

/// <summary>How <see cref="DiaModel.Encode(string, EncodeOptions?, CancellationToken)"/> encodes a text.</summary>
public sealed record EncodeOptions
{
    /// <summary>1 for a token, 0 for padding, anywhere in the text, which keeps its place; at least one token. One value per id.</summary>
    /// <value>Default <see langword="null"/>: no padding.</value>
    public IReadOnlyList<int>? AttentionMask { get; init; }

    /// <summary>Whether <see cref="EncodedText.HiddenStates"/> are kept.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool OutputHiddenStates { get; init; }

    /// <summary>Whether <see cref="EncodedText.Attentions"/> are kept: for every layer, heads * length * length numbers.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool OutputAttentions { get; init; }

    /// <summary>CPU threads; at least 1.</summary>
    /// <value>Default <see langword="null"/>: <see cref="DiaModelOptions.Threads"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? Threads { get; init => field = OptionCheck.AtLeast(value, 1); }
}
