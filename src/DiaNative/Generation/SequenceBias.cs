namespace DiaNative;

/// <summary>A sequence of tokens of one channel whose last token gets a bias wherever the others have just been said.</summary>
/// <param name="Tokens">The tokens, at least one.</param>
/// <param name="Bias">What is added to the score of the last one; finite.</param>
public readonly record struct SequenceBias(IReadOnlyList<int> Tokens, float Bias);
