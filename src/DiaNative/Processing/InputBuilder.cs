namespace DiaNative;

/// <summary>Lays texts and the codes of audio prompts out as the reference's processor does.</summary>
/// <remarks>
/// A row is padding on the left, a frame of BOS, its prompt, for training a frame of EOS, and PAD for all that the delay reaches into; the
/// delay comes last. The padding is BOS and masked, so that all rows go on at the same position.
/// </remarks>
internal sealed class InputBuilder(DiaConfig config, ProcessOptions options)
{
    private readonly int _channels = config.Decoder.NumChannels;

    /// <param name="texts">One row per text.</param>
    /// <param name="prompts">For every text the codes of its audio prompt, [frames, channels], or null.</param>
    internal DiaInputs Build(TokenBatch texts, int[,]?[] prompts)
    {
        int endFrames = options.Generation ? 0 : 1;
        int longest = prompts.Max(FramesOf);
        int prefix = 1 + longest + endFrames;
        var tokens = new int[prompts.Length, prefix + config.MaxDelay, _channels];
        var mask = new int[prompts.Length, prefix + config.MaxDelay];
        for (int row = 0; row < prompts.Length; row++)
        {
            int padding = longest - FramesOf(prompts[row]);
            Fill(tokens.Entry(row), padding, prompts[row]);
            mask.Row(row)[padding..].Fill(1);
        }

        int[,,] delayed = DelayPattern.Apply(tokens, config.DelayPattern, config.BosTokenId);
        return options.OutputLabels
            ? new DiaInputs(
                texts.InputIds, texts.AttentionMask, WithoutLast(delayed), WithoutLast(mask), prefix - 1, Labels(delayed))
            : new DiaInputs(texts.InputIds, texts.AttentionMask, delayed, mask, prefix);
    }

    private static int FramesOf(int[,]? prompt) => prompt?.GetLength(0) ?? 0;

    private void Fill(Span<int> row, int padding, int[,]? prompt)
    {
        int start = (padding + 1) * _channels;
        row[..start].Fill(config.BosTokenId);
        row[start..].Fill(config.PadTokenId);
        prompt?.Flat().CopyTo(row[start..]);
        if (!options.Generation)
        {
            row.Slice(start + (FramesOf(prompt) * _channels), _channels).Fill(config.EosTokenId);
        }
    }

    // What follows each position; nothing is to be learnt of what is given.
    private int[,] Labels(int[,,] delayed)
    {
        int batch = delayed.GetLength(0);
        int length = delayed.GetLength(1) - 1;
        var labels = new int[batch * _channels, length];
        for (int row = 0; row < batch * _channels; row++)
        {
            for (int t = 0; t < length; t++)
            {
                int token = delayed[row / _channels, t + 1, row % _channels];
                labels[row, t] = token == config.PadTokenId || token == config.BosTokenId ? DiaInputs.IgnoredLabel : token;
            }
        }

        return labels;
    }

    private int[,,] WithoutLast(int[,,] tokens)
    {
        var result = new int[tokens.GetLength(0), tokens.GetLength(1) - 1, _channels];
        for (int row = 0; row < tokens.GetLength(0); row++)
        {
            tokens.Entry(row)[..^_channels].CopyTo(result.Entry(row));
        }

        return result;
    }

    private static int[,] WithoutLast(int[,] mask)
    {
        var result = new int[mask.GetLength(0), mask.GetLength(1) - 1];
        for (int row = 0; row < mask.GetLength(0); row++)
        {
            mask.Row(row)[..^1].CopyTo(result.Row(row));
        }

        return result;
    }
}
