namespace DiaNative;

/// <summary>What <see cref="DiaTextToSpeech.SpeakLongAsync"/> spoke.</summary>
public sealed class LongSpeechResult
{
    internal LongSpeechResult(AudioBuffer audio, IReadOnlyList<SpeechResult> pieces, bool isComplete)
    {
        Audio = audio;
        Pieces = pieces;
        IsComplete = isComplete;
    }

    /// <summary>The audio of all pieces, with the pauses between them.</summary>
    public AudioBuffer Audio { get; }

    /// <summary>The pieces in order.</summary>
    public IReadOnlyList<SpeechResult> Pieces { get; }

    /// <summary>Whether the whole script was spoken; not if that was cancelled (<see cref="CancellationBehavior.ReturnPartial"/>).</summary>
    public bool IsComplete { get; }
}
