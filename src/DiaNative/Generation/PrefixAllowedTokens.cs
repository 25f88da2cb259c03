namespace DiaNative;

/// <summary>
/// Tells which tokens a channel may choose next, on the thread that generates. Channel 0 can end its speech only if its end (1024) is
/// among them. An exception ends the generation and reaches its caller as it is.
/// </summary>
/// <param name="row">Index of the row.</param>
/// <param name="channel">The channel, from 0.</param>
/// <param name="tokens">What the channel has said so far, the prefix included; valid during the call only.</param>
/// <returns>The tokens, at least one; <see langword="null"/> allows all.</returns>
public delegate IReadOnlyCollection<int>? PrefixAllowedTokens(int row, int channel, ReadOnlySpan<int> tokens);
