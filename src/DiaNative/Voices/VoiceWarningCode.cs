namespace DiaNative;

/// <summary>What can make a <see cref="Voice"/> worse than it might be.</summary>
public enum VoiceWarningCode
{
    /// <summary>The audio has less than five seconds: the voice may come out differently from time to time.</summary>
    ShorterThanRecommended,

    /// <summary>The audio has more than ten seconds, which leaves less room for new speech and makes it no better.</summary>
    LongerThanRecommended,

    /// <summary>The audio is very quiet, and its noise is cloned with it.</summary>
    Quiet,

    /// <summary>The audio is cut off at full scale: what is distorted is cloned with it.</summary>
    Clipping,

    /// <summary>The transcript takes far more or less time to say than the audio lasts: it is probably not what is said.</summary>
    Pace,

    /// <summary>The transcript has something that <see cref="TextLint"/> warns of.</summary>
    Transcript,
}
