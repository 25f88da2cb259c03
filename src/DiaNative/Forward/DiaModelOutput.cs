namespace DiaNative;

/// <summary>
/// What <see cref="DiaModel.Forward"/> computes. Arrays are the caller's; where a mask hides a position or token, they are 0.
/// </summary>
public class DiaModelOutput
{
    private protected DiaModelOutput()
    {
    }

    internal DiaModelOutput(float[,,] lastHiddenState) => LastHiddenState = lastHiddenState;

    /// <summary>The normed states behind the last layer, [batch, length, <see cref="DiaDecoderConfig.HiddenSize"/>].</summary>
    public float[,,] LastHiddenState { get; internal set; } = new float[0, 0, 0];

    /// <summary>
    /// The positions so far, for a next call: the cache that was given, or a new one, which the caller disposes of. <see langword="null"/>
    /// if none was asked for.
    /// </summary>
    public KeyValueCache? PastKeyValues { get; internal set; }

    /// <summary>
    /// What enters each layer of the decoder, and <see cref="LastHiddenState"/> behind them: one more than layers, each
    /// [batch, length, width]. <see langword="null"/> unless asked for.
    /// </summary>
    public IReadOnlyList<float[,,]>? DecoderHiddenStates { get; internal set; }

    /// <summary>
    /// The self-attention weights of each layer, [batch, heads, length, past length + length]. <see langword="null"/> unless asked for.
    /// </summary>
    public IReadOnlyList<float[,,,]>? DecoderAttentions { get; internal set; }

    /// <summary>The cross-attention weights of each layer, [batch, heads, length, text length]. <see langword="null"/> unless asked for.</summary>
    public IReadOnlyList<float[,,,]>? CrossAttentions { get; internal set; }

    /// <summary>
    /// The encoder's states, [batch, text length, <see cref="DiaEncoderConfig.HiddenSize"/>]. <see langword="null"/> if the text is only in
    /// <see cref="DiaForwardInputs.PastKeyValues"/>.
    /// </summary>
    public float[,,]? EncoderLastHiddenState { get; internal set; }

    /// <summary>
    /// The hidden states of the encoder, one more than layers, each [batch, text length, width]. <see langword="null"/> unless asked for, here
    /// or when the texts were encoded.
    /// </summary>
    public IReadOnlyList<float[,,]>? EncoderHiddenStates { get; internal set; }

    /// <summary>
    /// The attention weights of the encoder, [batch, heads, text length, text length] for each layer. <see langword="null"/> unless asked for,
    /// here or when the texts were encoded.
    /// </summary>
    public IReadOnlyList<float[,,,]>? EncoderAttentions { get; internal set; }
}
