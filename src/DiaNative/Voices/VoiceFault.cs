namespace DiaNative;

/// <summary>Why a <see cref="Voice"/> cannot be made or used.</summary>
public enum VoiceFault
{
    /// <summary>The transcript does not begin with a speaker tag, so nobody speaks it.</summary>
    NoSpeakerTag,

    /// <summary>There is nothing to hear.</summary>
    Silent,

    /// <summary>The audio has less than one frame.</summary>
    TooShort,

    /// <summary>The audio takes all positions of the decoder.</summary>
    TooLong,

    /// <summary>The voice was made with another codec than that of the model, to which its codes mean something else.</summary>
    OtherCodec,
}
