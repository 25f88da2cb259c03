namespace DiaNative;

/// <summary>Hands on the frames of every row as they come.</summary>
internal sealed class FrameStream
{
    private readonly Action<GeneratedFrames> _emit;
    private readonly int[] _emitted; // frames of each row
    private readonly bool[] _hasEnded;

    public FrameStream(int rows, Action<GeneratedFrames> emit)
    {
        _emit = emit;
        _emitted = new int[rows];
        _hasEnded = new bool[rows];
    }

    /// <summary>Emits what is new, and the ends of rows that have ended.</summary>
    public void Take(DiaGenerator generator)
    {
        for (int row = 0; row < _emitted.Length; row++)
        {
            GenerationRowState state = generator.GetRow(row);
            if (!_hasEnded[row] && (state.Frames > _emitted[row] || state.FinishReason is not null))
            {
                Emit(row, generator.GetFrames(row, _emitted[row]), state.FinishReason, state.Seed);
            }
        }
    }

    /// <summary>Emits the ends of rows that were cancelled.</summary>
    public void End(DiaGeneration generation)
    {
        for (int row = 0; row < _emitted.Length; row++)
        {
            if (!_hasEnded[row])
            {
                DiaGenerationRow ended = generation.Rows[row];
                int channels = ended.Codes.GetLength(1);
                var rest = new int[ended.Frames - _emitted[row], channels];
                ended.Codes.Flat()[(_emitted[row] * channels)..].CopyTo(rest.Flat());
                Emit(row, rest, ended.FinishReason, ended.Seed);
            }
        }
    }

    private void Emit(int row, int[,] codes, FinishReason? finishReason, ulong seed)
    {
        _emit(new GeneratedFrames(row, _emitted[row], codes, finishReason, seed));
        _emitted[row] += codes.GetLength(0);
        _hasEnded[row] = finishReason is not null;
    }
}
