namespace DiaNative.Interop;

/// <summary>The call of <c>dia_importance_measure</c>.</summary>
internal static unsafe class NativeImportance
{
    internal static void Measure(
        ModelHandle model,
        string scripts,
        DiaGenerationParams generation,
        string outputPath,
        IProgress<double>? progress,
        CancellationToken cancellationToken)
    {
        DiaImportanceParams parameters;
        NativeStatus.ThrowIfFailed(
            NativeMethods.dia_importance_params_init(&parameters, (uint)sizeof(DiaImportanceParams)), CancellationToken.None);
        parameters.Generation = &generation;

        using var callback = new ProgressCallback(progress is null ? null : new Fraction(progress), cancellationToken);
        parameters.Progress = ProgressCallback.Function;
        parameters.UserData = callback.UserData;

        using var lease = new HandleLease(model);
        using var log = new NativeLog.Scope(model.Logger);
        try
        {
            parameters.Scripts = Utf8.Allocate(scripts, nameof(scripts));
            parameters.OutputPath = Utf8.Allocate(outputPath, nameof(outputPath));
            callback.ThrowIfFailed(NativeMethods.dia_importance_measure((DiaModel*)lease.Pointer, &parameters));
        }
        finally
        {
            Utf8.Free(parameters.Scripts);
            Utf8.Free(parameters.OutputPath);
        }
    }

    private sealed class Fraction(IProgress<double> progress) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value) => progress.Report(value.Fraction);
    }
}
