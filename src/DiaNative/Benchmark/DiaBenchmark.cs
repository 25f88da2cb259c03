using DiaNative.Interop;

namespace DiaNative;

/// <summary>
/// Measures how fast models run on a device of this machine, stage by stage, beside what the device can do at best: how fast it reads the weights,
/// and how fast it multiplies large matrices of their types. The machine should have nothing else to do.
/// </summary>
public static class DiaBenchmark
{
    /// <summary>Measures models, one behind the other.</summary>
    /// <param name="modelPaths">GGUF files; <see cref="DiaSynthesizer"/> makes some of random weights.</param>
    /// <param name="options">What to measure; <see langword="null"/> for everything that takes no minutes.</param>
    /// <param name="progress">Receives the part that is done, from 0 to 1.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The times and what they are compared with.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or there is no such device.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="DiaFileException">A file is malformed or no model.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static BenchmarkReport Run(
        IEnumerable<string> modelPaths, BenchmarkOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(modelPaths);
        string[] paths = [.. modelPaths];
        foreach (string path in paths)
        {
            ModelPath.RequireFile(path);
        }

        cancellationToken.ThrowIfCancellationRequested();
        options ??= new BenchmarkOptions();
        int[] threadCounts = options.ThreadCounts is [_, ..] given ? [.. given] : [0];
        int runs = paths.Length * threadCounts.Length;
        int done = 0;
        using BenchmarkHandle benchmark = BenchmarkHandle.Create();
        foreach (string path in paths)
        {
            foreach (int threads in threadCounts)
            {
                benchmark.Run(path, threads, options, progress is null ? null : new PartProgress(progress, done, runs), cancellationToken);
                done++;
            }
        }

        return benchmark.Report();
    }

    /// <inheritdoc cref="Run"/>
    public static Task<BenchmarkReport> RunAsync(
        IEnumerable<string> modelPaths, BenchmarkOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Run(modelPaths, options, progress, cancellationToken), cancellationToken);

    // One run of several.
    private sealed class PartProgress(IProgress<double> progress, int done, int runs) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value) => progress.Report((done + value.Fraction) / runs);
    }
}
