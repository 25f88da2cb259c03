namespace DiaNative;

/// <summary>The native library was loaded, but speaks another version of the binary interface than this assembly.</summary>
public sealed class NativeLibraryVersionException : NativeLibraryException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="message">The file, the version that was expected and the version that was found.</param>
    public NativeLibraryVersionException(string message)
        : base(message)
    {
    }
}
