namespace DiaNative;

/// <summary>Codes that were spoken, as the model was given them.</summary>
internal static class TeacherForcing
{
    /// <summary>
    /// A pass over the text and its codes: position t holds channel c of frame t - 1 - delay, so that the logits of position t predict
    /// channel c of frame t - delay. With guidance a second row reads a text of zeros.
    /// </summary>
    internal static DiaForwardInputs Inputs(DiaInputs text, int[,] codes, DiaConfig config, bool guidance)
    {
        int rows = guidance ? 2 : 1;
        int textLength = text.InputIds.GetLength(1);
        int channels = codes.GetLength(1);
        int positions = codes.GetLength(0) + 1;
        var ids = new int[rows, textLength];
        var tokens = new int[rows, positions, channels];
        for (int i = 0; i < textLength; i++)
        {
            ids[0, i] = text.InputIds[0, i];
        }

        for (int t = 0; t < positions; t++)
        {
            for (int c = 0; c < channels; c++)
            {
                int frame = t - 1 - config.DelayPattern[c];
                for (int row = 0; row < rows; row++)
                {
                    tokens[row, t, c] = frame >= 0 ? codes[frame, c] : config.BosTokenId;
                }
            }
        }

        return new DiaForwardInputs { InputIds = ids, DecoderInputIds = tokens };
    }

    /// <summary>Frames whose every channel was predicted.</summary>
    internal static int PredictedFrames(int frames, DiaConfig config) => Math.Max(0, frames - config.MaxDelay);

    /// <summary>The first frames of codes.</summary>
    internal static int[,] First(int[,] codes, int frames)
    {
        var first = new int[frames, codes.GetLength(1)];
        Array.Copy(codes, first, first.Length);
        return first;
    }
}
