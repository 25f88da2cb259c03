namespace DiaNative;

/// <summary>Where a row of a <see cref="DiaGenerator"/> stands.</summary>
/// <param name="FinishReason">Why the row ended; <see langword="null"/> while it is active.</param>
/// <param name="Tokens">Positions so far, the prefix included.</param>
/// <param name="PromptFrames">Frames of the audio prompt; 0 without one.</param>
/// <param name="Frames">Complete new frames: all channels are known, and the end of speech is not counted.</param>
/// <param name="MaxTokens">Positions that the row may grow to.</param>
/// <param name="Seed">The seed in use.</param>
public readonly record struct GenerationRowState(
    FinishReason? FinishReason, int Tokens, int PromptFrames, int Frames, int MaxTokens, ulong Seed);
