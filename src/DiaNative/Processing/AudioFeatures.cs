namespace DiaNative;

/// <summary>Audio as the codec's encoder reads it, filled up to one length.</summary>
public sealed class AudioFeatures
{
    internal AudioFeatures(float[,,] inputValues, int[,] paddingMask, int samplingRate)
    {
        InputValues = inputValues;
        PaddingMask = paddingMask;
        SamplingRate = samplingRate;
    }

    /// <summary>Mono samples, [batch, 1, length].</summary>
    public float[,,] InputValues { get; }

    /// <summary>1 for a sample, 0 for padding, [batch, length].</summary>
    public int[,] PaddingMask { get; }

    /// <summary>Samples per second, in Hz.</summary>
    public int SamplingRate { get; }

    /// <summary>Pieces of audio.</summary>
    public int Count => PaddingMask.GetLength(0);

    /// <summary>Samples of a row, padding included.</summary>
    public int Length => PaddingMask.GetLength(1);
}
