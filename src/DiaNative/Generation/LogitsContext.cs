namespace DiaNative;

/// <summary>What a <see cref="LogitsProcessor"/> is told, and the scores that it may change. Valid during the call only.</summary>
public readonly ref struct LogitsContext
{
    internal LogitsContext(int row, int channels, int vocabularySize, int promptFrames, ReadOnlySpan<int> tokens, Span<float> scores)
    {
        Row = row;
        Channels = channels;
        VocabularySize = vocabularySize;
        PromptFrames = promptFrames;
        Tokens = tokens;
        Scores = scores;
    }

    /// <summary>Index of the row.</summary>
    public int Row { get; }

    /// <summary>The position whose tokens are to be chosen, counted from the begin of the prefix: as many positions there are so far.</summary>
    public int Position => Tokens.Length / Channels;

    /// <summary>Channels of a position: 9 for Dia.</summary>
    public int Channels { get; }

    /// <summary>Tokens that a channel knows: 1028 for Dia, of which the codes are 0 to 1023, and 1024 ends the speech.</summary>
    public int VocabularySize { get; }

    /// <summary>Frames of the row's audio prompt. The prefix has one position more.</summary>
    public int PromptFrames { get; }

    /// <summary>The row's tokens so far, flat [position, channel]: delayed, the prefix included.</summary>
    public ReadOnlySpan<int> Tokens { get; }

    /// <summary>
    /// The scores, flat [channel, token], to be changed in place. <see cref="float.NegativeInfinity"/> removes a token; a NaN,
    /// <see cref="float.PositiveInfinity"/> or a channel without any token ends the generation with an exception.
    /// </summary>
    public Span<float> Scores { get; }

    /// <summary>The scores of one channel, one per token.</summary>
    /// <param name="channel">From 0 to <see cref="Channels"/> - 1.</param>
    /// <returns>A part of <see cref="Scores"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such channel.</exception>
    public Span<float> ChannelScores(int channel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(channel);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(channel, Channels);
        return Scores.Slice(channel * VocabularySize, VocabularySize);
    }
}
