namespace DiaNative;

/// <summary>What a device is.</summary>
public enum DeviceType
{
    /// <summary>Nothing that this version knows.</summary>
    Unknown = -1,

    /// <summary>The processor.</summary>
    Cpu = 0,

    /// <summary>A GPU with memory of its own.</summary>
    Gpu = 1,

    /// <summary>A GPU that shares the memory of the processor.</summary>
    IntegratedGpu = 2,
}
