namespace DiaNative;

/// <summary>
/// A model file, checkpoint, sound file or voice is truncated, malformed, beyond its limits, of another architecture or of a type that the
/// library lacks. The message names the file, and what was found in it.
/// </summary>
public sealed class DiaFileException : DiaException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="code"><see cref="DiaErrorCode.InvalidFile"/> or <see cref="DiaErrorCode.Unsupported"/>.</param>
    /// <param name="message">The file, what was expected and what was found.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public DiaFileException(DiaErrorCode code, string message, Exception? innerException = null)
        : base(code, message, innerException)
    {
    }
}
