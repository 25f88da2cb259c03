namespace DiaNative;

/// <summary>What a <see cref="StoppingCriterion"/> is told. Valid during the call only.</summary>
public readonly struct StoppingContext
{
    private readonly DiaGenerator _generator;

    internal StoppingContext(DiaGenerator generator, int row, GenerationRowState state, TimeSpan elapsed)
    {
        _generator = generator;
        Row = row;
        State = state;
        Elapsed = elapsed;
    }

    /// <summary>Index of the row.</summary>
    public int Row { get; }

    /// <summary>Where the row stands: its positions, its complete frames, its limit.</summary>
    public GenerationRowState State { get; }

    /// <summary>Time since the generation began, the encoding of the texts included.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>Copies the row's tokens: delayed, the prefix included.</summary>
    /// <returns>Tokens, [positions, channels].</returns>
    public int[,] GetTokens() => _generator.GetTokens(Row);

    /// <summary>Copies complete new frames.</summary>
    /// <param name="firstFrame">First frame to copy; from 0 to the number of frames.</param>
    /// <returns>Codes, [frames, channels].</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    public int[,] GetFrames(int firstFrame = 0) => _generator.GetFrames(Row, firstFrame);
}
