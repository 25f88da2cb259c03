using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DiaNative;

/// <summary>Arrays of several dimensions as the flat memory that they are, last dimension fastest.</summary>
internal static class Arrays
{
    internal static Span<int> Flat(this int[,] array) => Flat<int>(array);

    internal static Span<int> Flat(this int[,,] array) => Flat<int>(array);

    internal static Span<float> Flat(this float[,] array) => Flat<float>(array);

    internal static Span<float> Flat(this float[,,] array) => Flat<float>(array);

    internal static Span<float> Flat(this float[,,,] array) => Flat<float>(array);

    /// <summary>Row <paramref name="row"/> of [rows, length].</summary>
    internal static Span<int> Row(this int[,] array, int row)
    {
        int length = array.GetLength(1);
        return array.Flat().Slice(row * length, length);
    }

    /// <summary>Entry <paramref name="index"/> of [batch, length, channels], as [length * channels].</summary>
    internal static Span<int> Entry(this int[,,] array, int index)
    {
        int size = array.GetLength(1) * array.GetLength(2);
        return array.Flat().Slice(index * size, size);
    }

    /// <summary>Entry <paramref name="index"/> of [batch, length, width], as [length * width].</summary>
    internal static Span<float> Entry(this float[,,] array, int index)
    {
        int size = array.GetLength(1) * array.GetLength(2);
        return array.Flat().Slice(index * size, size);
    }

    /// <summary>Entry <paramref name="index"/> of [batch, heads, queries, keys], as [heads * queries * keys].</summary>
    internal static Span<float> Entry(this float[,,,] array, int index)
    {
        int size = array.GetLength(1) * array.GetLength(2) * array.GetLength(3);
        return array.Flat().Slice(index * size, size);
    }

    private static Span<T> Flat<T>(Array array) =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array)), array.Length);
}
