namespace DiaNative;

/// <summary>How far two models agree on one script.</summary>
/// <param name="Script">The script.</param>
/// <param name="Frames">Frames that the reference spoke.</param>
/// <param name="Agreement">Part of the tokens that both take when nothing is drawn, 0 to 1.</param>
/// <param name="MeanDivergence">Mean Kullback-Leibler divergence after guidance, in nats.</param>
/// <param name="MelDistance">
/// Mean difference of the log-mel spectra of what both would say next to the same past, in dB; <see langword="null"/> without codecs.
/// </param>
public sealed record ScriptComparison(string Script, int Frames, double Agreement, double MeanDivergence, double? MelDistance);
