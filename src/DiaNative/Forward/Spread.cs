namespace DiaNative;

/// <summary>Puts what was computed without padding to where it belongs among the padding, whose places stay 0.</summary>
internal static class Spread
{
    /// <param name="source">[places, width].</param>
    /// <param name="target">[length, width].</param>
    /// <param name="width">Numbers of a row.</param>
    /// <param name="places">The row of the target that each row of the source becomes.</param>
    internal static void Rows(ReadOnlySpan<float> source, Span<float> target, int width, ReadOnlySpan<int> places)
    {
        for (int i = 0; i < places.Length; i++)
        {
            source.Slice(i * width, width).CopyTo(target[(places[i] * width)..]);
        }
    }

    /// <param name="source">[heads, places of queries, places of keys].</param>
    /// <param name="target">[heads, queries, keys].</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="queries">Queries of the target.</param>
    /// <param name="keys">Keys of the target.</param>
    /// <param name="queryPlaces">Where the source's queries belong.</param>
    /// <param name="keyPlaces">Where the source's keys belong.</param>
    internal static void Attention(
        ReadOnlySpan<float> source,
        Span<float> target,
        int heads,
        int queries,
        int keys,
        ReadOnlySpan<int> queryPlaces,
        ReadOnlySpan<int> keyPlaces)
    {
        for (int head = 0; head < heads; head++)
        {
            foreach (int query in queryPlaces)
            {
                Span<float> row = target.Slice(((head * queries) + query) * keys, keys);
                for (int i = 0; i < keyPlaces.Length; i++)
                {
                    row[keyPlaces[i]] = source[i];
                }

                source = source[keyPlaces.Length..];
            }
        }
    }
}
