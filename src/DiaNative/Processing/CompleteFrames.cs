using System.Globalization;

namespace DiaNative;

/// <summary>Finds the frames of audio in delayed tokens.</summary>
internal static class CompleteFrames
{
    /// <summary>
    /// The codes of every row, [frames, channels]: from its entry in <paramref name="starts"/>, or the first position of channel 0 that is
    /// not BOS, up to the first frame of which a channel has no code. That is the end of speech where there is one, and what
    /// is complete where generation was stopped before.
    /// </summary>
    /// <exception cref="ArgumentException">The shape does not fit the model, or a token or a start is out of its range.</exception>
    internal static IEnumerable<int[,]> Find(int[,,] tokens, DiaConfig config, IReadOnlyList<int?> starts)
    {
        Check(tokens, config, starts);
        int[,,] frames = DelayPattern.Revert(tokens, config.DelayPattern);
        return Enumerable.Range(0, tokens.GetLength(0)).Select(row => OfRow(frames, row, config, starts[row]));
    }

    private static int[,] OfRow(int[,,] frames, int row, DiaConfig config, int? start)
    {
        int length = frames.GetLength(1);
        int channels = frames.GetLength(2);
        Span<int> all = frames.Entry(row);

        int first = start ?? 0;
        while (start is null && first < length && all[first * channels] == config.BosTokenId)
        {
            first++;
        }

        int end = first;
        while (end < length && AllCodes(all.Slice(end * channels, channels), config.EosTokenId))
        {
            end++;
        }

        var codes = new int[end - first, channels];
        all[(first * channels)..(end * channels)].CopyTo(codes.Flat());
        return codes;
    }

    // Codes are the ids below EOS; what lies beyond the end of the tokens is negative.
    private static bool AllCodes(ReadOnlySpan<int> frame, int eosTokenId) => !frame.ContainsAnyExceptInRange(0, eosTokenId - 1);

    private static void Check(int[,,] tokens, DiaConfig config, IReadOnlyList<int?> starts)
    {
        if (tokens.GetLength(2) != config.Decoder.NumChannels)
        {
            throw new ArgumentException(
                $"The tokens have {tokens.GetLength(2)} channels; the model has {config.Decoder.NumChannels}.", nameof(tokens));
        }

        if (starts.FirstOrDefault(start => start < 0 || start > tokens.GetLength(1)) is { } outside)
        {
            throw OptionCheck.OutOfRange("audioPromptLength", outside, $"from 0 to {tokens.GetLength(1)}");
        }

        int at = tokens.Flat().IndexOfAnyExceptInRange(0, config.Decoder.VocabSize - 1);
        if (at >= 0)
        {
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Token {at} is {tokens.Flat()[at]}; tokens are from 0 to {config.Decoder.VocabSize - 1}."),
                nameof(tokens));
        }
    }
}
