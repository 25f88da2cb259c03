using Microsoft.Extensions.Logging;

namespace DiaNative.Interop;

/// <summary>The call of <c>dia_convert</c>.</summary>
internal static unsafe class NativeConverter
{
    internal static CheckpointFormat FormatOf(string modelDirectory)
    {
        NativeLibraryResolver.EnsureLoaded();
        byte* path = Utf8.Allocate(modelDirectory, nameof(modelDirectory));
        try
        {
            return (CheckpointFormat)NativeMethods.dia_checkpoint_format_of(path);
        }
        finally
        {
            Utf8.Free(path);
        }
    }

    internal static void Convert(
        string modelDirectory,
        string? codecDirectory,
        string outputPath,
        ConversionOptions options,
        ILogger logger,
        IProgress<ByteProgress>? progress,
        CancellationToken cancellationToken)
    {
        NativeLibraryResolver.EnsureLoaded();
        DiaConvertParams parameters;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_convert_params_init(&parameters, (uint)sizeof(DiaConvertParams)), CancellationToken.None);
        parameters.Format = (DiaCheckpointFormat)options.Format;
        parameters.Type = (DiaType)options.WeightType;
        parameters.CodecType = (DiaType)options.CodecWeightType;
        parameters.Mix = (DiaMix)options.Mix;
        parameters.NThreads = options.ThreadCount ?? 0;

        using var overrides = new NativeTypeOverrides(options.TensorTypes);
        parameters.Overrides = overrides.Pointer;
        parameters.NOverrides = overrides.Count;

        using var callback = new ProgressCallback(progress, cancellationToken);
        parameters.Progress = ProgressCallback.Function;
        parameters.UserData = callback.UserData;

        using var log = new NativeLog.Scope(logger);
        try
        {
            parameters.ModelDir = Utf8.Allocate(modelDirectory, nameof(modelDirectory));
            parameters.CodecDir = Utf8.Allocate(codecDirectory, nameof(codecDirectory));
            parameters.OutputPath = Utf8.Allocate(outputPath, nameof(outputPath));
            parameters.ImportancePath = Utf8.Allocate(options.ImportancePath, nameof(options.ImportancePath));
            parameters.ModelName = Utf8.Allocate(options.ModelName, nameof(options.ModelName));
            callback.ThrowIfFailed(NativeMethods.dia_convert(&parameters));
        }
        finally
        {
            Utf8.Free(parameters.ModelDir);
            Utf8.Free(parameters.CodecDir);
            Utf8.Free(parameters.OutputPath);
            Utf8.Free(parameters.ImportancePath);
            Utf8.Free(parameters.ModelName);
        }
    }
}
