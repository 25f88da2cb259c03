using System.Globalization;

namespace DiaNative;

/// <summary>
/// The delay pattern of Dia: the model predicts channel c of a frame some positions after channel 0, so that channels of one frame can
/// depend on each other. Pure functions.
/// </summary>
public static class DelayPattern
{
    /// <summary>What <see cref="Revert"/> writes by default where a token lies beyond the end.</summary>
    public const int DefaultFiller = -1;

    /// <summary>
    /// Shifts every channel to the right by its delay: <c>result[b, t, c] = tokens[b, t - delays[c], c]</c>, and
    /// <paramref name="bosTokenId"/> before the beginning. The length stays; what is shifted beyond the end is lost.
    /// </summary>
    /// <param name="tokens">Tokens, [batch, length, channels].</param>
    /// <param name="delays">One delay per channel; not negative.</param>
    /// <param name="bosTokenId">Token before the beginning of a channel.</param>
    /// <returns>Delayed tokens of the same shape.</returns>
    /// <exception cref="ArgumentException">The number of delays is not that of channels, or one is negative.</exception>
    public static int[,,] Apply(int[,,] tokens, IReadOnlyList<int> delays, int bosTokenId) =>
        Shift(tokens, delays, direction: -1, filler: bosTokenId);

    /// <summary>
    /// Shifts every channel back to the left: <c>result[b, t, c] = tokens[b, t + delays[c], c]</c>, and <paramref name="filler"/>
    /// where that lies beyond the end. The length stays.
    /// </summary>
    /// <param name="tokens">Delayed tokens, [batch, length, channels].</param>
    /// <param name="delays">One delay per channel; not negative.</param>
    /// <param name="filler">Written where a token lies beyond the end.</param>
    /// <returns>Tokens of the same shape, of which one position is one frame.</returns>
    /// <exception cref="ArgumentException">The number of delays is not that of channels, or one is negative.</exception>
    public static int[,,] Revert(int[,,] tokens, IReadOnlyList<int> delays, int filler = DefaultFiller) =>
        Shift(tokens, delays, direction: 1, filler);

    private static int[,,] Shift(int[,,] tokens, IReadOnlyList<int> delays, int direction, int filler)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        Check(delays, tokens.GetLength(2));
        int length = tokens.GetLength(1);
        var result = new int[tokens.GetLength(0), length, delays.Count];
        for (int b = 0; b < tokens.GetLength(0); b++)
        {
            for (int t = 0; t < length; t++)
            {
                for (int c = 0; c < delays.Count; c++)
                {
                    long source = t + ((long)direction * delays[c]);
                    result[b, t, c] = source >= 0 && source < length ? tokens[b, source, c] : filler;
                }
            }
        }

        return result;
    }

    private static void Check(IReadOnlyList<int> delays, int channels)
    {
        ArgumentNullException.ThrowIfNull(delays);
        if (delays.Count != channels)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"There are {delays.Count} delays for {channels} channels; both must be equal."),
                nameof(delays));
        }

        if (delays.Any(delay => delay < 0))
        {
            throw new ArgumentException($"Delays must not be negative: {string.Join(", ", delays)}.", nameof(delays));
        }
    }
}
