using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;

namespace DiaNative.Interop;

/// <summary>A <c>dia_benchmark</c>: what was measured so far.</summary>
internal sealed unsafe class BenchmarkHandle : NativeHandle
{
    private BenchmarkHandle(nint value)
        : base(value, NullLogger.Instance)
    {
    }

    internal static BenchmarkHandle Create()
    {
        NativeLibraryResolver.EnsureLoaded();
        DiaBenchmark* benchmark;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_benchmark_create(&benchmark));
        return new BenchmarkHandle((nint)benchmark);
    }

    /// <param name="path">The model.</param>
    /// <param name="threads">CPU threads; 0 for the library's default.</param>
    /// <param name="options">What to measure, but for the threads.</param>
    /// <param name="progress">Receives the measurements done so far and in all.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    internal void Run(string path, int threads, BenchmarkOptions options, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        DiaBenchmarkParams parameters;
        NativeStatus.ThrowIfFailed(
            NativeMethods.dia_benchmark_params_init(&parameters, (uint)sizeof(DiaBenchmarkParams)), CancellationToken.None);
        parameters.Phases = (int)options.Phases;
        parameters.NThreads = threads;
        parameters.WarmUp = options.WarmUpCount;
        parameters.Repetitions = options.RepetitionCount;
        parameters.MaxSeconds = options.MaxDuration.TotalSeconds;

        using var callback = new ProgressCallback(progress, cancellationToken);
        parameters.Progress = ProgressCallback.Function;
        parameters.UserData = callback.UserData;

        int[] positions = [.. options.Positions];
        int[] batchSizes = [.. options.BatchSizes];
        using var lease = new HandleLease(this);
        byte* nativePath = null;
        byte* device = null;
        try
        {
            nativePath = Utf8.Allocate(path, nameof(path));
            device = Utf8.Allocate(options.Device, nameof(options.Device));
            parameters.Device = device;
            fixed (int* firstPosition = positions)
            fixed (int* firstBatchSize = batchSizes)
            {
                parameters.Positions = firstPosition;
                parameters.NPositions = positions.Length;
                parameters.BatchSizes = firstBatchSize;
                parameters.NBatchSizes = batchSizes.Length;
                callback.ThrowIfFailed(NativeMethods.dia_benchmark_run((DiaBenchmark*)lease.Pointer, nativePath, &parameters));
            }
        }
        finally
        {
            Utf8.Free(device);
            Utf8.Free(nativePath);
        }
    }

    internal BenchmarkReport Report()
    {
        using var lease = new HandleLease(this);
        var benchmark = (DiaBenchmark*)lease.Pointer;
        return new BenchmarkReport(
            Text(NativeMethods.dia_benchmark_json(benchmark)),
            Text(NativeMethods.dia_benchmark_table(benchmark)),
            Text(NativeMethods.dia_benchmark_plot(benchmark)));
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.dia_benchmark_free((DiaBenchmark*)handle);
        return true;
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text)!;
}
