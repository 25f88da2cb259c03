namespace DiaNative.Interop;

/// <summary>The call of <c>dia_synthesize</c>.</summary>
internal static unsafe class NativeSynthesizer
{
    internal static void Synthesize(
        string preset, string outputPath, SynthesisOptions options, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        NativeLibraryResolver.EnsureLoaded();
        DiaSynthesizeParams parameters;
        NativeStatus.ThrowIfFailed(
            NativeMethods.dia_synthesize_params_init(&parameters, (uint)sizeof(DiaSynthesizeParams)), CancellationToken.None);
        parameters.Type = (DiaType)options.WeightType;
        parameters.CodecType = (DiaType)options.CodecWeightType;
        parameters.Mix = (DiaMix)options.Mix;
        parameters.Seed = options.Seed;
        parameters.NThreads = options.ThreadCount ?? 0;

        using var callback = new ProgressCallback(progress, cancellationToken);
        parameters.Progress = ProgressCallback.Function;
        parameters.UserData = callback.UserData;
        try
        {
            parameters.Preset = Utf8.Allocate(preset, nameof(preset));
            parameters.OutputPath = Utf8.Allocate(outputPath, nameof(outputPath));
            callback.ThrowIfFailed(NativeMethods.dia_synthesize(&parameters));
        }
        finally
        {
            Utf8.Free(parameters.Preset);
            Utf8.Free(parameters.OutputPath);
        }
    }
}
