namespace DiaNative;

/// <summary>
/// Makes the end of the speech likelier with every position: from <paramref name="Start"/> positions behind the prefix on, n of them
/// ago, |score| * (<paramref name="Factor"/>^n - 1) is added to the score of the end.
/// </summary>
/// <param name="Start">Positions behind the prefix; at least 0.</param>
/// <param name="Factor">Above 1 the speech ends sooner, below 1 later; above 0.</param>
public readonly record struct ExponentialDecay(int Start, float Factor);
