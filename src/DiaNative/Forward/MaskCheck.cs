using System.Globalization;

namespace DiaNative;

/// <summary>Reads masks of ones and zeros.</summary>
internal static class MaskCheck
{
    /// <summary>The indices of the ones.</summary>
    /// <exception cref="ArgumentException">The mask holds another number.</exception>
    internal static int[] VisiblePlaces(ReadOnlySpan<int> mask, string name)
    {
        int bad = mask.IndexOfAnyExcept(0, 1);
        if (bad >= 0)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{name} holds {mask[bad]} at {bad}; 1 (visible) or 0 (padding) is expected."));
        }

        var places = new int[mask.Count(1)];
        int count = 0;
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] == 1)
            {
                places[count++] = i;
            }
        }

        return places;
    }
}
