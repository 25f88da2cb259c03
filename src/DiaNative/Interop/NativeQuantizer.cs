using Microsoft.Extensions.Logging;

namespace DiaNative.Interop;

/// <summary>The calls of <c>dia_quantize</c> and <c>dia_quantize_plan</c>.</summary>
internal static unsafe class NativeQuantizer
{
    private delegate void Call(DiaQuantizeParams* parameters);

    internal static void Quantize(
        string inputPath,
        string outputPath,
        QuantizationOptions options,
        ILogger logger,
        IProgress<ByteProgress>? progress,
        CancellationToken cancellationToken)
    {
        using var callback = new ProgressCallback(progress, cancellationToken);
        WithParameters(inputPath, outputPath, options, logger, parameters =>
        {
            parameters->Progress = ProgressCallback.Function;
            parameters->UserData = callback.UserData;
            callback.ThrowIfFailed(NativeMethods.dia_quantize(parameters));
        });
    }

    internal static QuantizationPlan Plan(string inputPath, QuantizationOptions options, ILogger logger)
    {
        QuantizationPlan? plan = null;
        WithParameters(inputPath, null, options, logger, parameters =>
        {
            DiaGguf* gguf;
            long size;
            NativeStatus.ThrowIfFailed(NativeMethods.dia_quantize_plan(parameters, &gguf, &size));
            using GgufHandle handle = GgufHandle.Own(gguf);
            plan = new QuantizationPlan(handle.ReadTensors(), size);
        });
        return plan!;
    }

    private static void WithParameters(string inputPath, string? outputPath, QuantizationOptions options, ILogger logger, Call call)
    {
        NativeLibraryResolver.EnsureLoaded();
        DiaQuantizeParams parameters;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_quantize_params_init(&parameters, (uint)sizeof(DiaQuantizeParams)), CancellationToken.None);
        parameters.Type = (DiaType)options.WeightType;
        parameters.CodecType = (DiaType)options.CodecWeightType;
        parameters.Mix = (DiaMix)options.Mix;
        parameters.AllowRequantize = options.AllowRequantize ? 1 : 0;
        parameters.NThreads = options.ThreadCount ?? 0;

        using var overrides = new NativeTypeOverrides(options.TensorTypes);
        parameters.Overrides = overrides.Pointer;
        parameters.NOverrides = overrides.Count;

        using var log = new NativeLog.Scope(logger);
        try
        {
            parameters.InputPath = Utf8.Allocate(inputPath, nameof(inputPath));
            parameters.OutputPath = Utf8.Allocate(outputPath, nameof(outputPath));
            parameters.ImportancePath = Utf8.Allocate(options.ImportancePath, nameof(options.ImportancePath));
            call(&parameters);
        }
        finally
        {
            Utf8.Free(parameters.InputPath);
            Utf8.Free(parameters.OutputPath);
            Utf8.Free(parameters.ImportancePath);
        }
    }
}
