namespace DiaNative.Interop;

/// <summary>A <c>dia_encoding</c>: an encoded text, immutable, usable by any number of threads.</summary>
internal sealed unsafe class EncodingHandle : NativeHandle
{
    private EncodingHandle(nint value, ModelHandle model)
        : base(value, model.Logger)
    {
    }

    internal static EncodingHandle Create(
        ModelHandle model,
        ReadOnlySpan<int> inputIds,
        ReadOnlySpan<int> positionIds,
        bool outputHiddenStates,
        bool outputAttentions,
        int threads,
        CancellationToken cancellationToken)
    {
        using var lease = new HandleLease(model);
        DiaEncodingParams parameters;
        NativeStatus.ThrowIfFailed(
            NativeMethods.dia_encoding_params_init(&parameters, (uint)sizeof(DiaEncodingParams)), CancellationToken.None);
        parameters.NThreads = threads;
        parameters.OutputHiddenStates = outputHiddenStates ? 1 : 0;
        parameters.OutputAttentions = outputAttentions ? 1 : 0;

        using var callback = new ProgressCallback(null, cancellationToken);
        parameters.Progress = ProgressCallback.Function;
        parameters.UserData = callback.UserData;
        fixed (int* ids = inputIds, positions = positionIds)
        {
            parameters.PositionIds = positions;
            DiaEncoding* encoding;
            callback.ThrowIfFailed(NativeMethods.dia_encoding_create(
                (DiaModel*)lease.Pointer, ids, inputIds.Length, &parameters, &encoding));
            return new EncodingHandle((nint)encoding, model);
        }
    }

    /// <summary>Copies a hidden state; <paramref name="destination"/> has its size.</summary>
    /// <returns>Whether it was kept.</returns>
    internal bool TryCopyHiddenState(int index, Span<float> destination)
    {
        using var lease = new HandleLease(this);
        return BorrowedFloats.TryCopy(NativeMethods.dia_encoding_hidden_state((DiaEncoding*)lease.Pointer, index), destination);
    }

    /// <summary>Copies the attention weights of a layer; <paramref name="destination"/> has their size.</summary>
    /// <returns>Whether they were kept.</returns>
    internal bool TryCopyAttention(int layer, Span<float> destination)
    {
        using var lease = new HandleLease(this);
        return BorrowedFloats.TryCopy(NativeMethods.dia_encoding_attention((DiaEncoding*)lease.Pointer, layer), destination);
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.dia_encoding_free((DiaEncoding*)handle);
        return true;
    }
}
