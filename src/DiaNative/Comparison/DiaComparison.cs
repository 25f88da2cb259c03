namespace DiaNative;

/// <summary>
/// Measures how far a model is from another one of the same architecture: a quantized one from the one it was made of.
/// </summary>
/// <remarks>
/// The reference speaks scripts. Both models then run over what it spoke, so that each predicts every token from the same past, and their
/// logits, their distributions after guidance, the tokens they would take and the sound of these are compared.
/// </remarks>
public static class DiaComparison
{
    /// <summary>Compares two models, on the caller's thread.</summary>
    /// <param name="reference">The model that speaks, and is taken to be right.</param>
    /// <param name="candidate">The model that is judged.</param>
    /// <param name="scripts">What the reference speaks; at least one.</param>
    /// <param name="options">How it is measured; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Receives the part that is done, from 0 to 1.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The measurements.</returns>
    /// <exception cref="ArgumentException">
    /// There is no script, one cannot be spoken, or the models have other channels, vocabularies or delays.
    /// </exception>
    /// <exception cref="InvalidOperationException">The limits leave no frame to compare.</exception>
    /// <exception cref="TextTooLongException">A script has more tokens than the models read.</exception>
    /// <exception cref="OperationCanceledException">The comparison was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">A model was disposed of.</exception>
    public static ModelComparison Compare(
        DiaModel reference,
        DiaModel candidate,
        IEnumerable<string> scripts,
        ComparisonOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(candidate);
        ArgumentNullException.ThrowIfNull(scripts);
        RequireSameTokens(reference, candidate);
        string[] texts = [.. scripts];
        if (texts.Length == 0)
        {
            throw new ArgumentException("There are no scripts to compare the models on.", nameof(scripts));
        }

        using var run = new ComparisonRun(reference, candidate, options ?? new ComparisonOptions());
        for (int i = 0; i < texts.Length; i++)
        {
            progress?.Report((double)i / texts.Length);
            run.Add(texts[i], i, cancellationToken);
        }

        progress?.Report(1);
        return run.Result();
    }

    /// <summary>Compares two models, off the caller's thread.</summary>
    /// <inheritdoc cref="Compare"/>
    public static Task<ModelComparison> CompareAsync(
        DiaModel reference,
        DiaModel candidate,
        IEnumerable<string> scripts,
        ComparisonOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Compare(reference, candidate, scripts, options, progress, cancellationToken), cancellationToken);

    private static void RequireSameTokens(DiaModel reference, DiaModel candidate)
    {
        string Describe(DiaModel model) =>
            $"{model.Config.Decoder.NumChannels} channels of {model.Config.Decoder.VocabSize} tokens, EOS {model.Config.EosTokenId}, " +
            $"BOS {model.Config.BosTokenId}, delays {string.Join(' ', model.Config.DelayPattern)}";

        if (Describe(reference) != Describe(candidate))
        {
            throw new ArgumentException(
                $"The models speak other tokens: {Describe(reference)} and {Describe(candidate)}.", nameof(candidate));
        }
    }
}
