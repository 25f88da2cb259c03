namespace DiaNative;

/// <summary>Judgements, summed up.</summary>
internal sealed class ChannelSums
{
    private long _agreeing;
    private double _divergence;
    private double _maxDivergence;

    public long Positions { get; private set; }

    public double Agreement => Positions > 0 ? (double)_agreeing / Positions : 1;

    public double MeanDivergence => Positions > 0 ? _divergence / Positions : 0;

    public void Add(Judgement judgement)
    {
        Positions++;
        _agreeing += judgement.Agrees ? 1 : 0;
        _divergence += judgement.Divergence;
        _maxDivergence = Math.Max(_maxDivergence, judgement.Divergence);
    }

    public void Add(ChannelSums other)
    {
        Positions += other.Positions;
        _agreeing += other._agreeing;
        _divergence += other._divergence;
        _maxDivergence = Math.Max(_maxDivergence, other._maxDivergence);
    }

    public ChannelComparison ToComparison(int channel) => new(channel, Positions, Agreement, MeanDivergence, _maxDivergence);
}
