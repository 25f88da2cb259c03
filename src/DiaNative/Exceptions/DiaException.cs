namespace DiaNative;

/// <summary>
/// A failure of the Dia library that is neither a wrong argument (<see cref="ArgumentException"/>), a call at the wrong time
/// (<see cref="InvalidOperationException"/>), a failing file system (<see cref="IOException"/>) nor a cancellation
/// (<see cref="OperationCanceledException"/>).
/// </summary>
public class DiaException : Exception
{
    /// <summary>Creates an exception.</summary>
    /// <param name="code">The kind of the failure.</param>
    /// <param name="message">What was expected and what was found.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public DiaException(DiaErrorCode code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
    }

    /// <summary>The kind of the failure.</summary>
    public DiaErrorCode Code { get; }
}
