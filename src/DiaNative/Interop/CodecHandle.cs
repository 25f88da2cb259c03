namespace DiaNative.Interop;

/// <summary>
/// A <c>dia_codec</c>: one thread at a time, which its owner makes sure of; only <see cref="CancellableHandle.Cancel"/> may come from
/// another.
/// </summary>
internal sealed unsafe class CodecHandle : CancellableHandle
{
    private CodecHandle(nint value, ModelHandle model, int windowFrames)
        : base(value, model.Logger) => WindowFrames = windowFrames;

    internal static CodecHandle Create(ModelHandle model, int threads, int? windowFrames)
    {
        using var lease = new HandleLease(model);
        DiaCodecParams parameters;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_codec_params_init(&parameters, (uint)sizeof(DiaCodecParams)));
        parameters.NThreads = threads;
        parameters.WindowFrames = windowFrames ?? parameters.WindowFrames;

        DiaCodec* codec;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_codec_create((DiaModel*)lease.Pointer, &parameters, &codec));
        return new CodecHandle((nint)codec, model, parameters.WindowFrames);
    }

    internal int ContextFrames
    {
        get
        {
            using var lease = new HandleLease(this);
            return NativeMethods.dia_codec_context_frames((DiaCodec*)lease.Pointer);
        }
    }

    /// <summary>Frames that are decoded at a time.</summary>
    internal int WindowFrames { get; }

    /// <summary>Whether there are cores for decoding beside the steps of a generation of so many threads.</summary>
    internal bool FitsBeside(int threads)
    {
        using var lease = new HandleLease(this);
        return NativeMethods.dia_codec_fits_beside((DiaCodec*)lease.Pointer, threads) != 0;
    }

    /// <summary>The code vectors of a codebook, [codebook size, codebook width].</summary>
    internal float[] GetCodebook(int codebook, int length)
    {
        using var lease = new HandleLease(this);
        float[] vectors = new float[length];
        fixed (float* destination = vectors)
        {
            NativeStatus.ThrowIfFailed(NativeMethods.dia_codec_copy_codebook(
                (DiaCodec*)lease.Pointer, codebook, destination, length, null));
        }

        return vectors;
    }

    /// <summary>
    /// Decodes <paramref name="count"/> frames from <paramref name="firstFrame"/> on; <paramref name="samples"/> has room for them.
    /// </summary>
    internal void Decode(
        ReadOnlySpan<int> codes, int frames, int firstFrame, int count, Span<float> samples, CancellationToken cancellationToken)
    {
        using var lease = new HandleLease(this);
        DiaStatus status;
        do
        {
            using CancellationTokenRegistration registration = RegisterCancel(cancellationToken);
            fixed (int* nativeCodes = codes)
            fixed (float* nativeSamples = samples)
            {
                status = NativeMethods.dia_codec_decode(
                    (DiaCodec*)lease.Pointer, nativeCodes, frames, firstFrame, count, nativeSamples, samples.Length, null);
            }
        }
        while (IsForAnotherCall(status, cancellationToken));

        NativeStatus.ThrowIfFailed(status, cancellationToken);
    }

    /// <summary>Encodes a clip; <paramref name="codes"/> has room for all of its frames.</summary>
    internal void Encode(ReadOnlySpan<float> samples, Span<int> codes, CancellationToken cancellationToken)
    {
        using var lease = new HandleLease(this);
        DiaStatus status;
        do
        {
            using CancellationTokenRegistration registration = RegisterCancel(cancellationToken);
            fixed (float* nativeSamples = samples)
            fixed (int* nativeCodes = codes)
            {
                status = NativeMethods.dia_codec_encode(
                    (DiaCodec*)lease.Pointer, nativeSamples, samples.Length, nativeCodes, codes.Length, null);
            }
        }
        while (IsForAnotherCall(status, cancellationToken));

        NativeStatus.ThrowIfFailed(status, cancellationToken);
    }

    protected override void CancelNative(nint pointer) => NativeMethods.dia_codec_cancel((DiaCodec*)pointer);

    protected override bool ReleaseHandle()
    {
        NativeMethods.dia_codec_free((DiaCodec*)handle);
        return true;
    }
}
