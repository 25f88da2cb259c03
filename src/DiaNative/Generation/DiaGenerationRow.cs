namespace DiaNative;

/// <summary>One row of a <see cref="DiaGeneration"/>: what became of one text.</summary>
public sealed class DiaGenerationRow
{
    internal DiaGenerationRow(
        FinishReason finishReason,
        ulong seed,
        int promptFrames,
        int[,] codes,
        IReadOnlyList<float[,]>? scores,
        IReadOnlyList<StepLogits>? logits)
    {
        FinishReason = finishReason;
        Seed = seed;
        PromptFrames = promptFrames;
        Codes = codes;
        Scores = scores;
        Logits = logits;
    }

    /// <summary>Why the row ended.</summary>
    public FinishReason FinishReason { get; }

    /// <summary>The seed that was used, drawn or given.</summary>
    public ulong Seed { get; }

    /// <summary>Frames of the audio prompt; 0 without one.</summary>
    public int PromptFrames { get; }

    /// <summary>Complete new frames, the prompt not included.</summary>
    public int Frames => Codes.GetLength(0);

    /// <summary>The new frames, ready for <see cref="DacCodec"/>: [frames, channels].</summary>
    public int[,] Codes { get; }

    /// <summary>
    /// The scores that each position behind the prefix was chosen from, after all processors: [channels, tokens], with
    /// <see cref="float.NegativeInfinity"/> where a token was removed. <see langword="null"/> without
    /// <see cref="GenerationOptions.OutputScores"/>.
    /// </summary>
    public IReadOnlyList<float[,]>? Scores { get; }

    /// <summary>
    /// The logits of each position behind the prefix, as the model gave them. <see langword="null"/> without
    /// <see cref="GenerationOptions.OutputLogits"/>.
    /// </summary>
    public IReadOnlyList<StepLogits>? Logits { get; }
}
