namespace DiaNative;

/// <summary>The native library was found, but is made for another processor or operating system than this process.</summary>
public sealed class NativeLibraryArchitectureException : NativeLibraryException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="message">The file, what it is made for and what this process is.</param>
    /// <param name="innerException">The loader's own error, if there is one.</param>
    public NativeLibraryArchitectureException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
