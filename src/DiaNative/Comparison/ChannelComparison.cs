namespace DiaNative;

/// <summary>How far two models agree in one channel.</summary>
/// <param name="Channel">The channel; 0 is the coarsest codebook. -1 stands for all of them.</param>
/// <param name="Positions">Tokens that were compared.</param>
/// <param name="Agreement">Part of the positions at which both take the same token when nothing is drawn, 0 to 1.</param>
/// <param name="MeanDivergence">
/// Mean Kullback-Leibler divergence from the reference's distribution to the candidate's, after guidance, in nats; 0 if they are the same.
/// </param>
/// <param name="MaxDivergence">The largest of these divergences.</param>
public sealed record ChannelComparison(int Channel, long Positions, double Agreement, double MeanDivergence, double MaxDivergence);
