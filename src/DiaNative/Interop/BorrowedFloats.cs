namespace DiaNative.Interop;

/// <summary>Floats that a getter of the native library lends.</summary>
internal static unsafe class BorrowedFloats
{
    /// <summary>Copies as many as fit into the destination.</summary>
    /// <returns>Whether there are any.</returns>
    internal static bool TryCopy(float* source, Span<float> destination)
    {
        if (source is null)
        {
            return false;
        }

        new ReadOnlySpan<float>(source, destination.Length).CopyTo(destination);
        return true;
    }
}
