namespace DiaNative.Interop;

/// <summary>
/// A <c>dia_decoder</c>: one thread at a time, which its owner makes sure of; only <see cref="CancellableHandle.Cancel"/> may come from
/// another.
/// </summary>
internal sealed unsafe class DecoderHandle : CancellableHandle
{
    private DecoderHandle(nint value, EncodingHandle encoding)
        : base(value, encoding.Logger)
    {
    }

    internal static DecoderHandle Create(EncodingHandle encoding, int threads, int maxPositions)
    {
        using var lease = new HandleLease(encoding);
        DiaDecoderParams parameters;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_decoder_params_init(&parameters, (uint)sizeof(DiaDecoderParams)));
        parameters.NThreads = threads;
        parameters.MaxPositions = maxPositions;
        DiaDecoder* decoder;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_decoder_create((DiaEncoding*)lease.Pointer, &parameters, &decoder));
        return new DecoderHandle((nint)decoder, encoding);
    }

    /// <summary>Runs positions behind those so far: tokens [positions, channels], and one position id for each.</summary>
    internal void Run(
        ReadOnlySpan<int> tokens,
        ReadOnlySpan<int> positionIds,
        bool outputLogits,
        bool outputHiddenStates,
        bool outputAttentions,
        CancellationToken cancellationToken)
    {
        using var lease = new HandleLease(this);
        DiaDecoderInput input;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_decoder_input_init(&input, (uint)sizeof(DiaDecoderInput)), CancellationToken.None);
        input.OutputLogits = outputLogits ? 1 : 0;
        input.OutputHiddenStates = outputHiddenStates ? 1 : 0;
        input.OutputAttentions = outputAttentions ? 1 : 0;
        input.NPositions = positionIds.Length;
        DiaStatus status;
        do
        {
            using CancellationTokenRegistration registration = RegisterCancel(cancellationToken);
            fixed (int* nativeTokens = tokens, nativePositionIds = positionIds)
            {
                input.Tokens = nativeTokens;
                input.PositionIds = nativePositionIds;
                status = NativeMethods.dia_decoder_run((DiaDecoder*)lease.Pointer, &input);
            }
        }
        while (IsForAnotherCall(status, cancellationToken));

        NativeStatus.ThrowIfFailed(status, cancellationToken);
    }

    /// <summary>Forgets all positions but the first ones.</summary>
    internal void Truncate(long positions)
    {
        using var lease = new HandleLease(this);
        NativeStatus.ThrowIfFailed(NativeMethods.dia_decoder_truncate((DiaDecoder*)lease.Pointer, positions));
    }

    /// <summary>Copies the logits of the newest run; <paramref name="destination"/> has their size.</summary>
    /// <returns>Whether they were computed.</returns>
    internal bool TryCopyLogits(Span<float> destination)
    {
        using var lease = new HandleLease(this);
        return BorrowedFloats.TryCopy(NativeMethods.dia_decoder_logits((DiaDecoder*)lease.Pointer), destination);
    }

    /// <summary>Copies a hidden state of the newest run; <paramref name="destination"/> has its size.</summary>
    /// <returns>Whether it was kept.</returns>
    internal bool TryCopyHiddenState(int index, Span<float> destination)
    {
        using var lease = new HandleLease(this);
        return BorrowedFloats.TryCopy(NativeMethods.dia_decoder_hidden_state((DiaDecoder*)lease.Pointer, index), destination);
    }

    /// <summary>Copies the self-attention weights of a layer in the newest run; <paramref name="destination"/> has their size.</summary>
    /// <returns>Whether they were kept.</returns>
    internal bool TryCopySelfAttention(int layer, Span<float> destination)
    {
        using var lease = new HandleLease(this);
        return BorrowedFloats.TryCopy(NativeMethods.dia_decoder_self_attention((DiaDecoder*)lease.Pointer, layer), destination);
    }

    /// <summary>Copies the cross-attention weights of a layer in the newest run; <paramref name="destination"/> has their size.</summary>
    /// <returns>Whether they were kept.</returns>
    internal bool TryCopyCrossAttention(int layer, Span<float> destination)
    {
        using var lease = new HandleLease(this);
        return BorrowedFloats.TryCopy(NativeMethods.dia_decoder_cross_attention((DiaDecoder*)lease.Pointer, layer), destination);
    }

    protected override void CancelNative(nint pointer) => NativeMethods.dia_decoder_cancel((DiaDecoder*)pointer);

    protected override bool ReleaseHandle()
    {
        NativeMethods.dia_decoder_free((DiaDecoder*)handle);
        return true;
    }
}
