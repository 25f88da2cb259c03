namespace DiaNative;

/// <summary>How far loading a model or converting a checkpoint has come.</summary>
/// <param name="Done">Bytes that are done.</param>
/// <param name="Total">Bytes in all.</param>
public readonly record struct ByteProgress(long Done, long Total)
{
    /// <summary>The part that is done, from 0 to 1; 0 as long as the total is unknown.</summary>
    public double Fraction => Total > 0 ? (double)Done / Total : 0;
}
