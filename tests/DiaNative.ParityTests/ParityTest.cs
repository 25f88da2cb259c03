using Xunit.Abstractions;

namespace DiaNative.ParityTests;

/// <summary>Compares, adds a row to the table, and fails beyond the tolerance.</summary>
public abstract class ParityTest(ITestOutputHelper output)
{
    /// <summary>One thread: the tests themselves run side by side, and the numbers do not depend on threads.</summary>
    protected static DiaModelOptions SingleThread { get; } = new() { Threads = 1 };

    protected void CompareTokens(GoldenSet set, string name, Array actual, Array expected)
    {
        Assert.Equal(Sizes(expected), Sizes(actual));
        int[] actualTokens = [.. actual.Cast<int>()];
        int[] expectedTokens = [.. expected.Cast<int>()];
        int equal = actualTokens.Zip(expectedTokens).Count(pair => pair.First == pair.Second);
        ParityTable.AddTokens(output, set, name, equal, expectedTokens.Length);
        if (equal < expectedTokens.Length)
        {
            int first = actualTokens.Zip(expectedTokens).TakeWhile(pair => pair.First == pair.Second).Count();
            Assert.Fail(
                $"{name}: {equal} of {expectedTokens.Length} tokens are equal; " +
                $"token {first} is {actualTokens[first]}, not {expectedTokens[first]}.");
        }
    }

    protected void CompareSamples(GoldenSet set, string name, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double tolerance)
    {
        Difference difference = Difference.Between(actual, expected);
        ParityTable.AddDifference(output, set, name, difference, tolerance);
        Assert.True(
            difference.MaxAbs <= tolerance,
            $"{name}: sample {difference.WorstIndex} of {expected.Length} differs by {difference.MaxAbs:G3}, more than {tolerance:G3}.");
    }

    private static int[] Sizes(Array array) => [.. Enumerable.Range(0, array.Rank).Select(array.GetLength)];
}
