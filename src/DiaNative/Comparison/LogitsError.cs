namespace DiaNative;

/// <summary>How far logits are from those of the reference.</summary>
internal sealed class LogitsError
{
    private double _error;
    private double _size;

    public double Max { get; private set; }

    public double RelativeRms => _size > 0 ? Math.Sqrt(_error / _size) : 0;

    public void Add(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = (double)actual[i] - expected[i];
            _error += difference * difference;
            _size += (double)expected[i] * expected[i];
            Max = Math.Max(Max, Math.Abs(difference));
        }
    }
}
