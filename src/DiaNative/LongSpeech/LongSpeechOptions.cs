namespace DiaNative;

/// <summary>How <see cref="DiaTextToSpeech.SpeakLongAsync"/> speaks a script of any length.</summary>
public sealed record LongSpeechOptions
{
    /// <summary>How the script is cut.</summary>
    /// <value>
    /// Default <see langword="null"/>: into pieces of at most 20 seconds, or of 10 where a piece is the audio prompt of the next one, since
    /// prompt and piece share the positions of the decoder and a good prompt has 5 to 10 seconds.
    /// </value>
    public ScriptSplitOptions? Split { get; init; }

    /// <summary>How the pieces keep their speakers, where no <see cref="Voice"/> decides it.</summary>
    /// <value>Default <see cref="SpeechContinuity.PreviousPiece"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of these.</exception>
    public SpeechContinuity Continuity { get; init => field = OptionCheck.Defined(value); }

    /// <summary>Silence between two pieces, from none to a minute.</summary>
    /// <value>Default none: pieces end with the pause that the model makes.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or more than a minute.</exception>
    public TimeSpan Pause
    {
        get;
        init => field = value >= TimeSpan.Zero && value <= TimeSpan.FromMinutes(1)
            ? value
            : throw OptionCheck.OutOfRange(nameof(Pause), value, "from none to a minute");
    }
}
