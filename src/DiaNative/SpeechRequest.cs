namespace DiaNative;

/// <summary>One text of a batch, and in which voice it is to be spoken.</summary>
/// <param name="Text">
/// The text, with speaker tags. Without a voice one that does not begin with <c>[</c> gets <c>[S1]</c> before it; with a voice, one without
/// a tag is spoken by who spoke last in it.
/// </param>
public sealed record SpeechRequest(string Text)
{
    /// <summary>The voice to speak on in.</summary>
    /// <value>Default <see langword="null"/>: a voice of the model's choice.</value>
    public Voice? Voice { get; init; }

    /// <summary>Seed of the random numbers for this text.</summary>
    /// <value>Default <see langword="null"/>: that of the options.</value>
    public ulong? Seed { get; init; }
}
