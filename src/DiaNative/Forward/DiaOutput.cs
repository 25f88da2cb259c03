namespace DiaNative;

/// <summary>What <see cref="DiaForConditionalGeneration.Forward"/> computes: that of <see cref="DiaModel.Forward"/>, and logits.</summary>
public sealed class DiaOutput : DiaModelOutput
{
    private readonly int _channels;

    internal DiaOutput(float[,,] lastHiddenState, float[,,] logits, int channels)
        : base(lastHiddenState)
    {
        Logits = logits;
        _channels = channels;
    }

    /// <summary>
    /// The logits of the next position, [batch * channels, length, <see cref="DiaDecoderConfig.VocabSize"/>]: row b * channels + c belongs to
    /// channel c of entry b.
    /// </summary>
    public float[,,] Logits { get; }

    /// <summary>
    /// Mean cross-entropy of <see cref="DiaForwardInputs.Labels"/> in nats, over all that are not <see cref="DiaInputs.IgnoredLabel"/>: NaN if
    /// all are. <see langword="null"/> without labels.
    /// </summary>
    public double? Loss { get; internal init; }

    /// <summary>The logits of one position: one number per token.</summary>
    /// <param name="batch">Entry of the batch.</param>
    /// <param name="channel">Channel.</param>
    /// <param name="position">Position within this call.</param>
    /// <returns>A view of <see cref="Logits"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An index is out of its range.</exception>
    public ReadOnlySpan<float> this[int batch, int channel, int position]
    {
        get
        {
            Require(batch, Logits.GetLength(0) / _channels, nameof(batch));
            Require(channel, _channels, nameof(channel));
            Require(position, Logits.GetLength(1), nameof(position));
            int size = Logits.GetLength(2);
            return Logits.Entry((batch * _channels) + channel).Slice(position * size, size);
        }
    }

    private static void Require(int index, int count, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count, name);
    }
}
