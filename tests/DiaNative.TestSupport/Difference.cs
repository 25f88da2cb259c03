using Xunit;

namespace DiaNative.TestSupport;

/// <summary>How far a result is from its golden value.</summary>
/// <param name="MaxAbs">Largest absolute difference; infinite where one side is not a number.</param>
/// <param name="MeanAbs">Mean absolute difference.</param>
/// <param name="WorstIndex">Where the largest difference is.</param>
public readonly record struct Difference(double MaxAbs, double MeanAbs, int WorstIndex)
{
    public static Difference Between(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        double max = 0;
        double sum = 0;
        int worst = -1;
        for (int i = 0; i < expected.Length; i++)
        {
            double distance = Math.Abs((double)actual[i] - expected[i]);
            distance = double.IsNaN(distance) ? double.PositiveInfinity : distance;
            sum += distance;
            if (distance > max || worst < 0)
            {
                max = distance;
                worst = i;
            }
        }

        return new Difference(max, expected.IsEmpty ? 0 : sum / expected.Length, worst);
    }
}
