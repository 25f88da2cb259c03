namespace DiaNative;

/// <summary>Frames of one row that <see cref="DiaForConditionalGeneration.GenerateStreamingAsync"/> has completed.</summary>
public sealed class GeneratedFrames
{
    internal GeneratedFrames(int row, int firstFrame, int[,] codes, FinishReason? finishReason, ulong seed)
    {
        Row = row;
        FirstFrame = firstFrame;
        Codes = codes;
        FinishReason = finishReason;
        Seed = seed;
    }

    /// <summary>Index of the row.</summary>
    public int Row { get; }

    /// <summary>Frames of the row that came before, the prompt not included.</summary>
    public int FirstFrame { get; }

    /// <summary>The frames, ready for <see cref="DacCodec"/>: [frames, channels]. May be empty in the last part of a row.</summary>
    public int[,] Codes { get; }

    /// <summary>Why the row ended, in its last part; <see langword="null"/> before.</summary>
    public FinishReason? FinishReason { get; }

    /// <summary>The seed of the row, drawn or given.</summary>
    public ulong Seed { get; }
}
