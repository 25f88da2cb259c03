namespace DiaNative;

/// <summary>What <see cref="DiaForConditionalGeneration"/> generated.</summary>
public sealed class DiaGeneration
{
    internal DiaGeneration(int[,,] tokens, IReadOnlyList<DiaGenerationRow> rows, int audioPromptLength)
    {
        Tokens = tokens;
        Rows = rows;
        AudioPromptLength = audioPromptLength;
    }

    /// <summary>
    /// The tokens in the reference's layout, [batch, length, channels]: delayed, the prefix included, rows of different prompts
    /// filled up with BOS on the left, shorter rows with PAD on the right.
    /// </summary>
    public int[,,] Tokens { get; }

    /// <summary>What became of each text.</summary>
    public IReadOnlyList<DiaGenerationRow> Rows { get; }

    /// <summary>Positions before the first new one: 1 plus the frames of the longest audio prompt.</summary>
    public int AudioPromptLength { get; }
}
