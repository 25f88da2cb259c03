namespace DiaNative;

/// <summary>
/// What <see cref="DiaModel.Forward"/> and <see cref="DiaForConditionalGeneration.Forward"/> run over: the arguments of the reference's
/// <c>forward()</c>. One of <see cref="InputIds"/>, <see cref="EncoderOutputs"/> and <see cref="PastKeyValues"/> is needed, all else
/// has a default.
/// </summary>
/// <remarks>
/// Rows of a batch are independent: a row gives the same numbers alone. What a mask hides is not computed; the outputs are 0 there, where
/// the reference has numbers without a meaning.
/// </remarks>
public sealed record DiaForwardInputs
{
    /// <summary>Token ids of the texts, [batch, text length].</summary>
    /// <value>Default <see langword="null"/>.</value>
    public int[,]? InputIds { get; init; }

    /// <summary>
    /// 1 for a token of the texts, 0 for padding, anywhere, [batch, text length]. With <see cref="EncoderOutputs"/> it may only repeat what
    /// the texts were encoded with.
    /// </summary>
    /// <value>Default <see langword="null"/>: no padding.</value>
    public int[,]? AttentionMask { get; init; }

    /// <summary>Encoded texts, one for each row, in place of <see cref="InputIds"/>. They stay the caller's.</summary>
    /// <value>Default <see langword="null"/>.</value>
    public IReadOnlyList<EncodedText>? EncoderOutputs { get; init; }

    /// <summary>Tokens of the positions to run, delayed as the model sees them, [batch, length, channels].</summary>
    /// <value>Default <see langword="null"/>: one position of BOS.</value>
    public int[,,]? DecoderInputIds { get; init; }

    /// <summary>
    /// <see cref="DecoderInputIds"/> in the layout of <see cref="Labels"/>, [batch * channels, length]: row b * channels + c holds channel c
    /// of entry b. Only one of the two may be given.
    /// </summary>
    /// <value>Default <see langword="null"/>.</value>
    public int[,]? FlatDecoderInputIds { get; init; }

    /// <summary>Where each position stands, [batch, length] or, for all rows, [1, length]; 0 or more.</summary>
    /// <value>Default <see langword="null"/>: behind the positions of <see cref="PastKeyValues"/>, counted over padding too.</value>
    public int[,]? DecoderPositionIds { get; init; }

    /// <summary>
    /// 1 for a position, 0 for padding, anywhere, [batch, past length + length]. The columns of the past repeat what they were run with.
    /// </summary>
    /// <value>Default <see langword="null"/>: no padding among the positions to run.</value>
    public int[,]? DecoderAttentionMask { get; init; }

    /// <summary>The positions so far, which the call goes on behind and adds its own to.</summary>
    /// <value>Default <see langword="null"/>: none.</value>
    public KeyValueCache? PastKeyValues { get; init; }

    /// <summary>Whether <see cref="DiaModelOutput.PastKeyValues"/> is wanted, for a next call. With a cache there is one in any case.</summary>
    /// <value>Default <see langword="false"/>, as the reference's <c>forward()</c> without <c>use_cache</c>.</value>
    public bool UseCache { get; init; }

    /// <summary>
    /// What each position should predict, [batch * channels, length]; <see cref="DiaInputs.IgnoredLabel"/> where nothing counts, which is
    /// needed where a mask hides the position. Only for <see cref="DiaForConditionalGeneration.Forward"/>.
    /// </summary>
    /// <value>Default <see langword="null"/>: no loss.</value>
    public int[,]? Labels { get; init; }

    /// <summary>Whether the hidden states of all layers are wanted.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool OutputHiddenStates { get; init; }

    /// <summary>Whether the attention weights of all layers are wanted; they grow with the square of the length.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool OutputAttentions { get; init; }

    /// <summary>Takes over what a <see cref="DiaProcessor"/> made; for training data, labels included.</summary>
    /// <param name="inputs">The processor's inputs.</param>
    /// <returns>Inputs of a pass over all positions.</returns>
    public static DiaForwardInputs From(DiaInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return new DiaForwardInputs
        {
            InputIds = inputs.InputIds,
            AttentionMask = inputs.AttentionMask,
            DecoderInputIds = inputs.DecoderInputIds,
            DecoderAttentionMask = inputs.DecoderAttentionMask,
            Labels = inputs.Labels,
        };
    }
}
