namespace DiaNative;

/// <summary>
/// A piece of the speech that <see cref="DiaTextToSpeech"/> speaks in a stream. Its samples are final: the pieces one after the other are
/// bit for bit the audio of the whole speech.
/// </summary>
public sealed class AudioChunk
{
    internal AudioChunk(int index, AudioBuffer audio, TimeSpan start, FinishReason? finishReason, ulong seed)
    {
        Index = index;
        Audio = audio;
        Start = start;
        FinishReason = finishReason;
        Seed = seed;
    }

    /// <summary>The number of the piece, from 0.</summary>
    public int Index { get; }

    /// <summary>The audio of the piece. Empty only if the speech as a whole is.</summary>
    public AudioBuffer Audio { get; }

    /// <summary>Where the piece begins in the speech.</summary>
    public TimeSpan Start { get; }

    /// <summary>Whether this is the last piece.</summary>
    public bool IsLast => FinishReason is not null;

    /// <summary>Why the speech ended, in the last piece; <see langword="null"/> before.</summary>
    public FinishReason? FinishReason { get; }

    /// <summary>The seed that is used, drawn or given.</summary>
    public ulong Seed { get; }
}
