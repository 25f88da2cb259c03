using System.Globalization;

namespace DiaNative;

/// <summary>The inputs of a generation, as <see cref="DiaProcessor"/> makes them from texts and audio prompts.</summary>
public sealed class DiaInputs
{
    /// <summary>What <see cref="Labels"/> holds where nothing is to be predicted.</summary>
    public const int IgnoredLabel = -100;

    /// <summary>Puts inputs together that were not made by a <see cref="DiaProcessor"/>.</summary>
    /// <param name="inputIds">Token ids of the texts, [batch, text length].</param>
    /// <param name="attentionMask">1 for a token, 0 for padding, [batch, text length].</param>
    /// <param name="decoderInputIds">The delayed prefix and the positions that the delay reaches into, [batch, length, channels].</param>
    /// <param name="decoderAttentionMask">1 for a position, 0 for padding on its left, [batch, length].</param>
    /// <param name="audioPromptLength">Positions of the prefix: 1 plus the frames of the longest audio prompt.</param>
    /// <param name="labels">What is to be predicted, [batch * channels, length]; <see langword="null"/> for none.</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other.</exception>
    public DiaInputs(
        int[,] inputIds,
        int[,] attentionMask,
        int[,,] decoderInputIds,
        int[,] decoderAttentionMask,
        int audioPromptLength,
        int[,]? labels = null)
    {
        ArgumentNullException.ThrowIfNull(inputIds);
        ArgumentNullException.ThrowIfNull(attentionMask);
        ArgumentNullException.ThrowIfNull(decoderInputIds);
        ArgumentNullException.ThrowIfNull(decoderAttentionMask);
        RequireShape(attentionMask, nameof(attentionMask), inputIds.GetLength(0), inputIds.GetLength(1));
        RequireShape(decoderAttentionMask, nameof(decoderAttentionMask), inputIds.GetLength(0), decoderInputIds.GetLength(1));
        if (decoderInputIds.GetLength(0) != inputIds.GetLength(0))
        {
            throw new ArgumentException(
                $"There are {decoderInputIds.GetLength(0)} rows of decoder inputs for {inputIds.GetLength(0)} texts.", nameof(decoderInputIds));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(audioPromptLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(audioPromptLength, decoderInputIds.GetLength(1));
        if (labels is not null)
        {
            RequireShape(labels, nameof(labels), inputIds.GetLength(0) * decoderInputIds.GetLength(2), decoderInputIds.GetLength(1));
        }

        InputIds = inputIds;
        AttentionMask = attentionMask;
        DecoderInputIds = decoderInputIds;
        DecoderAttentionMask = decoderAttentionMask;
        AudioPromptLength = audioPromptLength;
        Labels = labels;
        PromptFrames = [.. Enumerable.Range(0, Count).Select(row =>
            Math.Max(0, audioPromptLength - 1 - decoderAttentionMask.Row(row).Count(0)))];
    }

    /// <summary>Token ids of the texts, [batch, text length].</summary>
    public int[,] InputIds { get; }

    /// <summary>1 for a token, 0 for padding, [batch, text length].</summary>
    public int[,] AttentionMask { get; }

    /// <summary>
    /// The delayed prefix and the positions that the delay reaches into, [batch, length, channels]: BOS and codes are given, PAD is
    /// what the model predicts.
    /// </summary>
    public int[,,] DecoderInputIds { get; }

    /// <summary>1 for a position, 0 for padding on its left, [batch, length].</summary>
    public int[,] DecoderAttentionMask { get; }

    /// <summary>Positions of the prefix: 1 plus the frames of the longest audio prompt. 1 for text alone.</summary>
    public int AudioPromptLength { get; }

    /// <summary>Frames of every row's audio prompt; 0 for a row without one.</summary>
    public IReadOnlyList<int> PromptFrames { get; }

    /// <summary>
    /// What is to be predicted, [batch * channels, length]: row b * channels + c holds channel c of entry b, one position ahead of
    /// <see cref="DecoderInputIds"/>; <see cref="IgnoredLabel"/> where nothing is. <see langword="null"/> unless
    /// <see cref="ProcessOptions.OutputLabels"/> asked for it.
    /// </summary>
    public int[,]? Labels { get; }

    /// <summary>The texts, encoded, which <see cref="InputIds"/> only repeat; <see langword="null"/> if they are not.</summary>
    internal IReadOnlyList<EncodedText>? EncodedTexts { get; set; }

    /// <summary>Number of texts.</summary>
    public int Count => InputIds.GetLength(0);

    private static void RequireShape(int[,] array, string name, int rows, int columns)
    {
        if (array.GetLength(0) != rows || array.GetLength(1) != columns)
        {
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} is [{array.GetLength(0)}, {array.GetLength(1)}]; [{rows}, {columns}] is expected."),
                name);
        }
    }
}
