namespace DiaNative;

/// <summary>A <see cref="Voice"/> cannot be made of its audio and transcript, or not be used with a model.</summary>
public sealed class VoiceException : DiaException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="fault">What is wrong.</param>
    /// <param name="message">What was expected and what was found.</param>
    public VoiceException(VoiceFault fault, string message)
        : base(DiaErrorCode.InvalidArgument, message)
    {
        Fault = fault;
    }

    /// <summary>What is wrong.</summary>
    public VoiceFault Fault { get; }
}
