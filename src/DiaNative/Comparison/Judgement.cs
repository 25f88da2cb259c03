namespace DiaNative;

/// <summary>One token as the reference and the candidate predict it.</summary>
/// <param name="Expected">The code that the reference would take.</param>
/// <param name="Actual">The code that the candidate would take.</param>
/// <param name="Agrees">Whether they would take the same token.</param>
/// <param name="Divergence">From the reference's distribution to the candidate's, in nats.</param>
internal readonly record struct Judgement(int Expected, int Actual, bool Agrees, double Divergence);
