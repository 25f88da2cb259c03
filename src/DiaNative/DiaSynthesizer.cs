using DiaNative.Interop;

namespace DiaNative;

/// <summary>Makes models of random weights, which speak noise as fast and in as much memory as trained ones.</summary>
public static class DiaSynthesizer
{
    /// <summary>
    /// Writes a model with random weights, Dia and DAC. Tensors are written one at a time, so memory stays small; the file appears
    /// under its name only when it is complete, and after an error or a cancellation nothing is left behind.
    /// </summary>
    /// <param name="preset">
    /// The sizes: <c>dia-1.6b</c> has the published ones, <c>overhead</c> as many layers, so narrow that only the cost of the graph is
    /// left, <c>tiny</c> is for tests.
    /// </param>
    /// <param name="outputPath">The file to write; an existing one is replaced.</param>
    /// <param name="options">How to store the weights; <see langword="null"/> for the types of the published model.</param>
    /// <param name="progress">Receives the bytes written so far and in all.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ArgumentException">There is no such preset, or the options contradict each other.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static void Synthesize(
        string preset,
        string outputPath,
        SynthesisOptions? options = null,
        IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(preset);
        ArgumentException.ThrowIfNullOrEmpty(outputPath);
        cancellationToken.ThrowIfCancellationRequested();
        NativeSynthesizer.Synthesize(preset, outputPath, options ?? new SynthesisOptions(), progress, cancellationToken);
    }

    /// <inheritdoc cref="Synthesize"/>
    /// <returns>The running work, which does not run on the caller's thread.</returns>
    public static Task SynthesizeAsync(
        string preset,
        string outputPath,
        SynthesisOptions? options = null,
        IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Synthesize(preset, outputPath, options, progress, cancellationToken), cancellationToken);
}
