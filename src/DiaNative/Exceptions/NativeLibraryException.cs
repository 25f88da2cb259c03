namespace DiaNative;

/// <summary>The native library <c>dia</c> cannot be used on this machine. The message says why and what helps.</summary>
public class NativeLibraryException : DiaException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="message">What was tried, what was found, what helps.</param>
    /// <param name="innerException">The loader's own error, if there is one.</param>
    public NativeLibraryException(string message, Exception? innerException = null)
        : base(DiaErrorCode.None, message, innerException)
    {
    }
}
