namespace DiaNative;

/// <summary>A configuration is malformed or contradicts itself. The message names the field, its range and its value.</summary>
public sealed class DiaConfigException : DiaException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="message">The field, what was expected and what was found.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public DiaConfigException(string message, Exception? innerException = null)
        : base(DiaErrorCode.InvalidFile, message, innerException)
    {
    }
}
