using DiaNative.Interop;

namespace DiaNative;

/// <summary>
/// Measures which columns of a model's matrices matter, while it speaks, so that <see cref="DiaQuantizer"/> and
/// <see cref="DiaConverter"/> can make errors small there.
/// </summary>
public static class DiaImportance
{
    /// <summary>
    /// Speaks texts and writes what was measured to a file, for <see cref="RoundingOptions.ImportancePath"/>. The file appears
    /// under its name only when it is complete.
    /// </summary>
    /// <param name="model">The model to measure, best of 16 or 32 bits.</param>
    /// <param name="scripts">The texts to speak, at least one; none holds a line break.</param>
    /// <param name="outputPath">The file to write; an existing one is replaced.</param>
    /// <param name="options">
    /// How the texts are spoken; <see langword="null"/> for the defaults of the model. Without a seed that of text i is i, so that the
    /// same texts give the same file.
    /// </param>
    /// <param name="progress">Receives the part that is done, from 0 to 1.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ArgumentException">There is no text, or one is empty or holds a line break.</exception>
    /// <exception cref="TextTooLongException">A text has more tokens than the model reads.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static void Measure(
        DiaModel model,
        IEnumerable<string> scripts,
        string outputPath,
        GenerationOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(scripts);
        ArgumentException.ThrowIfNullOrEmpty(outputPath);
        model.ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        string[] texts = [.. scripts];
        if (texts.Length == 0)
        {
            throw new ArgumentException("There are no scripts to speak.", nameof(scripts));
        }

        int bad = Array.FindIndex(texts, text => string.IsNullOrEmpty(text) || text.AsSpan().ContainsAny('\r', '\n'));
        if (bad >= 0)
        {
            throw new ArgumentException($"Script {bad} is empty or holds a line break.", nameof(scripts));
        }

        DiaGenerationParams generation = (options ?? new GenerationOptions()).ApplyTo(model.Handle.GetGenerationParams(), model.Options.Threads);
        NativeImportance.Measure(model.Handle, string.Join('\n', texts), generation, outputPath, progress, cancellationToken);
    }

    /// <inheritdoc cref="Measure"/>
    /// <returns>The running work, which does not run on the caller's thread.</returns>
    public static Task MeasureAsync(
        DiaModel model,
        IEnumerable<string> scripts,
        string outputPath,
        GenerationOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Measure(model, scripts, outputPath, options, progress, cancellationToken), cancellationToken);
}
