namespace DiaNative;

/// <summary>The native library <c>dia</c> is in none of the places where it is looked for; the message lists them.</summary>
public sealed class NativeLibraryNotFoundException : NativeLibraryException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="message">The places that were searched.</param>
    public NativeLibraryNotFoundException(string message)
        : base(message)
    {
    }
}
