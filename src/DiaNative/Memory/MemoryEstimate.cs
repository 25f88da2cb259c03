namespace DiaNative;

/// <summary>The memory that speaking takes.</summary>
/// <param name="Devices">The devices that have a part in it: the processor, and the GPU that the model is for, if it is.</param>
public sealed record MemoryEstimate(IReadOnlyList<DeviceMemory> Devices)
{
    /// <summary>Bytes of all devices at the peak of the first speech, if a generation is over before its audio is decoded.</summary>
    public long Total => Devices.Sum(device => device.Total);

    /// <summary>The same of any speech, if audio is decoded while it is spoken: what counts for <see cref="DiaModelOptions.MaxMemory"/>.</summary>
    public long TotalStreaming => Devices.Sum(device => device.TotalStreaming);
}
