using System.Runtime.CompilerServices;

namespace DiaNative;

/// <summary>What <see cref="DiaBenchmark"/> measures, and how often.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>What is measured.</summary>
    /// <value>Default <see cref="BenchmarkPhases.Default"/>: all but <see cref="BenchmarkPhases.Total"/>.</value>
    public BenchmarkPhases Phases { get; init; } = BenchmarkPhases.Default;

    /// <summary>
    /// What is measured, with all of the model on it: the name of one of <see cref="DiaRuntime.Devices"/>, or "auto": the first GPU, or the
    /// processor if there is none.
    /// </summary>
    /// <value>Default <see langword="null"/>: the processor.</value>
    public string? Device { get; init; }

    /// <summary>Numbers of CPU threads; each model is measured on each of them.</summary>
    /// <value>At least 1 each; default empty: once, on the physical cores, fewer for a small model.</value>
    /// <exception cref="ArgumentOutOfRangeException">A value is below 1.</exception>
    public IReadOnlyList<int> ThreadCounts { get; init => field = EachFrom(value, 1, int.MaxValue); } = [];

    /// <summary>Runs of a measurement before those that count.</summary>
    /// <value>0 to 1000; default 1.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int WarmUpCount { get; init => field = From(value, 0, 1000); } = 1;

    /// <summary>Most runs of a measurement that count.</summary>
    /// <value>1 to 1000; default 10.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int RepetitionCount { get; init => field = From(value, 1, 1000); } = 10;

    /// <summary>Time after which no further run of a measurement begins; the first one always counts.</summary>
    /// <value>More than zero; default 4 seconds.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public TimeSpan MaxDuration
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw OptionCheck.OutOfRange(nameof(MaxDuration), value, "more than zero");
    } = TimeSpan.FromSeconds(4);

    /// <summary>Positions at which steps of one row are measured.</summary>
    /// <value>0 to 1048576 each, at most 1024; default 0, 64, 430, 512, 860, 1720, 2600 and 3000.</value>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public IReadOnlyList<int> Positions { get; init => field = EachFrom(value, 0, 1 << 20); } = [0, 64, 430, 512, 860, 1720, 2600, 3000];

    /// <summary>Rows of a step; more than one are measured at position 512.</summary>
    /// <value>1 to 1024 each, at most 1024; default 1 and 8.</value>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    public IReadOnlyList<int> BatchSizes { get; init => field = EachFrom(value, 1, 1024); } = [1, 8];

    private static int From(int value, int minimum, int maximum, [CallerMemberName] string name = "") =>
        value >= minimum && value <= maximum ? value : throw OptionCheck.OutOfRange(name, value, $"from {minimum} to {maximum}");

    private static IReadOnlyList<int> EachFrom(IReadOnlyList<int> values, int minimum, int maximum, [CallerMemberName] string name = "")
    {
        ArgumentNullException.ThrowIfNull(values, name);
        foreach (int value in values)
        {
            From(value, minimum, maximum, name);
        }

        return values;
    }
}
