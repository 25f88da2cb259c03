namespace DiaNative;

/// <summary>How the pieces of a long script keep their speakers, where no <see cref="Voice"/> decides it.</summary>
public enum SpeechContinuity
{
    /// <summary>Each piece goes on where the one before ended: the smoothest, though a voice may wander over many pieces.</summary>
    PreviousPiece,

    /// <summary>Each piece speaks in the voices of the first one, which must have all speakers: voices do not wander.</summary>
    FirstPiece,

    /// <summary>Each piece speaks in voices of the model's choice.</summary>
    None,
}
