using System.Globalization;

namespace DiaNative;

/// <summary>The inputs of a generation, as <see cref="DiaProcessor"/> makes them from texts.</summary>
public sealed class DiaInputs
{
    /// <summary>Puts inputs together that were not made by a <see cref="DiaProcessor"/>.</summary>
    /// <param name="inputIds">Token ids of the texts, [batch, text length].</param>
    /// <param name="attentionMask">1 for a token, 0 for padding, [batch, text length].</param>
    /// <param name="decoderInputIds">The delayed prefix and the positions that the delay reaches into, [batch, length, channels].</param>
    /// <param name="decoderAttentionMask">1 for a position, 0 for padding on its left, [batch, length].</param>
    /// <param name="audioPromptLength">Positions of the prefix: 1 plus the frames of the longest audio prompt.</param>
    /// <exception cref="ArgumentException">The shapes do not fit each other.</exception>
    public DiaInputs(int[,] inputIds, int[,] attentionMask, int[,,] decoderInputIds, int[,] decoderAttentionMask, int audioPromptLength)
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
        InputIds = inputIds;
        AttentionMask = attentionMask;
        DecoderInputIds = decoderInputIds;
        DecoderAttentionMask = decoderAttentionMask;
        AudioPromptLength = audioPromptLength;
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
