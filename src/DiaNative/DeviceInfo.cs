namespace DiaNative;

/// <summary>A device that models can be loaded for.</summary>
/// <param name="Name">Its name, for <see cref="DiaModelOptions.Device"/>: "CPU", "CUDA0", "Metal", "Vulkan0".</param>
/// <param name="Description">What its driver calls it.</param>
/// <param name="Type">What it is.</param>
/// <param name="TotalMemory">Bytes of its memory, as its driver tells.</param>
/// <param name="FreeMemory">Of these, those that were free when the list was made, where the driver knows.</param>
public sealed record DeviceInfo(string Name, string Description, DeviceType Type, long TotalMemory, long FreeMemory);
