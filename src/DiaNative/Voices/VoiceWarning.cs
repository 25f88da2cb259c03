namespace DiaNative;

/// <summary>Something that makes a <see cref="Voice"/> worse than it might be.</summary>
/// <param name="Code">What it is.</param>
/// <param name="Message">A sentence for a reader, with the numbers.</param>
public sealed record VoiceWarning(VoiceWarningCode Code, string Message);
