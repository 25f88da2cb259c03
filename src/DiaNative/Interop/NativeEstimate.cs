namespace DiaNative.Interop;

/// <summary>What the native library says that speaking takes.</summary>
internal static unsafe class NativeEstimate
{
    /// <summary>Asks for the estimate of a device.</summary>
    internal delegate DiaStatus Query(int device, DiaMemoryEstimate* estimate);

    internal static MemoryEstimate Of(string path, DiaModelOptions options, MemoryRequest request)
    {
        NativeLibraryResolver.EnsureLoaded();
        DiaMemoryRequest native = ToNative(request, options);
        DiaMemoryRequest* what = &native;
        byte* nativePath = null;
        byte* nativeDevice = null;
        try
        {
            nativePath = Utf8.Allocate(path, nameof(path));
            nativeDevice = Utf8.Allocate(options.Device, nameof(options.Device));
            DiaModelParams parameters = ModelHandle.ToParams(options, nativeDevice);
            DiaModelParams* how = &parameters;
            return Collect((device, estimate) => NativeMethods.dia_estimate_memory(nativePath, how, what, device, estimate));
        }
        finally
        {
            Utf8.Free(nativePath);
            Utf8.Free(nativeDevice);
        }
    }

    /// <summary>Asks for the estimates of all devices.</summary>
    internal static MemoryEstimate Collect(Query query)
    {
        var devices = new List<DeviceMemory>();
        DiaMemoryEstimate estimate = default;
        do
        {
            estimate.StructSize = (uint)sizeof(DiaMemoryEstimate);
            NativeStatus.ThrowIfFailed(query(devices.Count, &estimate));
            devices.Add(ToManaged(estimate));
        }
        while (devices.Count < estimate.NDevices);
        return new MemoryEstimate(devices);
    }

    private static DiaMemoryRequest ToNative(MemoryRequest request, DiaModelOptions options)
    {
        DiaMemoryRequest native;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_memory_request_init(&native, (uint)sizeof(DiaMemoryRequest)));
        GenerationOptions generation = request.Generation;
        native.NRows = request.RowCount;
        native.NText = request.TextLength ?? 0;
        native.NPromptFrames = request.PromptFrames;
        native.MaxNewTokens = generation.MaxNewTokens ?? 0;
        native.MaxLength = generation.MaxLength ?? 0;
        native.MaxSeconds = generation.MaxDuration?.TotalSeconds ?? 0;
        native.GuidanceScale = generation.GuidanceScale ?? 0;
        native.KvType = (DiaType)generation.CacheType;
        native.NThreads = generation.Threads ?? options.Threads ?? 0;
        return native;
    }

    private static DeviceMemory ToManaged(in DiaMemoryEstimate native) => new(
        Utf8.ToString(native.Device) ?? "",
        native.WeightsMapped != 0,
        native.Weights,
        native.SelfCache,
        native.CrossCache,
        native.Encoder,
        native.Prefill,
        native.Step,
        native.Codec,
        native.Audio,
        native.Other,
        native.Process,
        native.Total,
        native.TotalStreaming);
}
