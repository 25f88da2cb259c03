using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace DiaNative.Interop;

/// <summary>UTF-8 strings of the native interface.</summary>
internal static unsafe class Utf8
{
    /// <summary>Copies a borrowed, NUL-terminated string; <see langword="null"/> for NULL.</summary>
    internal static string? ToString(byte* text) => Marshal.PtrToStringUTF8((nint)text);

    /// <summary>
    /// Copies a path or name for the native library. Whoever calls frees it with <see cref="Free"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The text contains a NUL, behind which the native library would not look.</exception>
    internal static byte* Allocate(string? text, string parameterName)
    {
        if (text is not null && text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("The text contains a NUL character.", parameterName);
        }

        return Utf8StringMarshaller.ConvertToUnmanaged(text);
    }

    internal static void Free(byte* text) => Utf8StringMarshaller.Free(text);
}
