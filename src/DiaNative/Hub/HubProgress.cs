namespace DiaNative;

/// <summary>How far a download or a conversion has come.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Bytes">Bytes that are there, those of an earlier attempt included, and bytes in all.</param>
/// <param name="FilesDone">Files that are complete.</param>
/// <param name="Files">Files in all.</param>
/// <param name="BytesPerSecond">Speed of the last seconds; 0 as long as nothing is known.</param>
public readonly record struct HubProgress(HubStage Stage, ByteProgress Bytes, int FilesDone, int Files, double BytesPerSecond)
{
    /// <summary>Time that the rest takes at this speed; <see langword="null"/> as long as nothing is known.</summary>
    public TimeSpan? Remaining =>
        BytesPerSecond > 0 ? TimeSpan.FromSeconds(Math.Min((Bytes.Total - Bytes.Done) / BytesPerSecond, TimeSpan.MaxValue.TotalSeconds / 2)) : null;
}
