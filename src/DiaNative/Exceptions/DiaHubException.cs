namespace DiaNative;

/// <summary>A repository could not be downloaded. The message says what happened and what helps; it never holds a token.</summary>
public sealed class DiaHubException : DiaException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="error">The reason.</param>
    /// <param name="message">The repository or file, what happened, and what helps.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public DiaHubException(DiaHubError error, string message, Exception? innerException = null)
        : base(DiaErrorCode.None, message, innerException)
    {
        Error = error;
    }

    /// <summary>The reason.</summary>
    public DiaHubError Error { get; }
}
