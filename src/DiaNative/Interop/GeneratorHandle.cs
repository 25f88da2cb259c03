using System.Runtime.InteropServices;

namespace DiaNative.Interop;

/// <summary>
/// A <c>dia_generator</c>: one thread at a time, which <see cref="Enter"/> makes sure of; only <see cref="CancellableHandle.Cancel"/>
/// may come from another.
/// </summary>
internal sealed unsafe class GeneratorHandle : CancellableHandle
{
    private readonly LogitsCallback? _callback;
    private int _inUse;

    private GeneratorHandle(nint value, ModelHandle model, LogitsCallback? callback)
        : base(value, model.Logger) => _callback = callback;

    internal static GeneratorHandle Create(ModelHandle model, GenerationOptions options, int? modelThreads)
    {
        using var lease = new HandleLease(model);
        using var rules = new TokenRules();
        DiaGenerationParams parameters = options.ApplyTo(model.GetGenerationParams(), modelThreads);
        rules.AddTo(ref parameters, options);
        LogitsCallback? callback = LogitsCallback.For(options);
        callback?.AddTo(ref parameters);
        try
        {
            DiaGenerator* generator;
            NativeStatus.ThrowIfFailed(NativeMethods.dia_generator_create((DiaModel*)lease.Pointer, &parameters, &generator));
            return new GeneratorHandle((nint)generator, model, callback);
        }
        catch
        {
            callback?.Dispose();
            throw;
        }
    }

    internal int Add(ReadOnlySpan<int> inputIds, ReadOnlySpan<int> promptCodes, int promptFrames, ulong? seed)
    {
        using Usage usage = Enter();
        return Add(usage, inputIds, null, promptCodes, promptFrames, seed);
    }

    internal int Add(EncodingHandle encoding, ReadOnlySpan<int> promptCodes, int promptFrames, ulong? seed)
    {
        using Usage usage = Enter();
        using var lease = new HandleLease(encoding);
        return Add(usage, [], (DiaEncoding*)lease.Pointer, promptCodes, promptFrames, seed);
    }

    private static int Add(
        Usage usage, ReadOnlySpan<int> inputIds, DiaEncoding* encoding, ReadOnlySpan<int> promptCodes, int promptFrames, ulong? seed)
    {
        fixed (int* ids = inputIds, codes = promptCodes)
        {
            var utterance = new DiaUtterance
            {
                StructSize = (uint)sizeof(DiaUtterance),
                HasSeed = seed.HasValue ? 1 : 0,
                Seed = seed.GetValueOrDefault(),
                InputIds = ids,
                NInputIds = inputIds.Length,
                PromptCodes = codes,
                NPromptFrames = promptFrames,
                Encoding = encoding,
            };
            int row;
            NativeStatus.ThrowIfFailed(NativeMethods.dia_generator_add_utterance(usage.Pointer, &utterance, &row));
            return row;
        }
    }

    internal int AddText(ReadOnlySpan<byte> utf8)
    {
        using Usage usage = Enter();
        fixed (byte* text = &MemoryMarshal.GetReference(utf8))
        {
            byte empty = 0;
            int row;
            NativeStatus.ThrowIfFailed(NativeMethods.dia_generator_add_text(usage.Pointer, text is null ? &empty : text, utf8.Length, &row));
            return row;
        }
    }

    internal MemoryEstimate EstimateMemory()
    {
        using Usage usage = Enter();
        DiaGenerator* generator = usage.Pointer;
        return NativeEstimate.Collect((device, estimate) => NativeMethods.dia_generator_estimate_memory(generator, device, estimate));
    }

    internal void Prefill(CancellationToken cancellationToken)
    {
        using Usage usage = Enter();
        using CancellationTokenRegistration registration = RegisterCancel(cancellationToken);
        NativeStatus.ThrowIfFailed(NativeMethods.dia_generator_prefill(usage.Pointer), cancellationToken);
    }

    /// <returns>Rows that have not ended.</returns>
    internal int Step(CancellationToken cancellationToken)
    {
        using Usage usage = Enter();
        using CancellationTokenRegistration registration = RegisterCancel(cancellationToken);
        int active;
        DiaStatus status = NativeMethods.dia_generator_step(usage.Pointer, &active);
        _callback?.ThrowIfFailed();
        NativeStatus.ThrowIfFailed(status, cancellationToken);
        return active;
    }

    internal void StopRow(int row)
    {
        using Usage usage = Enter();
        NativeStatus.ThrowIfFailed(NativeMethods.dia_generator_stop_row(usage.Pointer, row));
    }

    /// <summary>Copies the logits that the next position of a row is chosen from, [channels, tokens].</summary>
    internal void CopyLogits(int row, bool unconditional, Span<float> destination)
    {
        using Usage usage = Enter();
        fixed (float* logits = destination)
        {
            NativeStatus.ThrowIfFailed(NativeMethods.dia_generator_copy_logits(
                usage.Pointer, row, unconditional ? 1 : 0, logits, destination.Length, null));
        }
    }

    /// <summary>Copies the scores that the newest position of a row was chosen from, [channels, tokens].</summary>
    internal void CopyScores(int row, Span<float> destination)
    {
        using Usage usage = Enter();
        fixed (float* scores = destination)
        {
            NativeStatus.ThrowIfFailed(NativeMethods.dia_generator_copy_scores(usage.Pointer, row, scores, destination.Length, null));
        }
    }

    internal DiaRowState GetRowState(int row)
    {
        using Usage usage = Enter();
        DiaRowState state = default;
        state.StructSize = (uint)sizeof(DiaRowState);
        NativeStatus.ThrowIfFailed(NativeMethods.dia_generator_get_row_state(usage.Pointer, row, &state));
        return state;
    }

    /// <summary>Copies the tokens of a row; <paramref name="destination"/> has room for all of them.</summary>
    internal void CopyTokens(int row, Span<int> destination)
    {
        using Usage usage = Enter();
        fixed (int* tokens = destination)
        {
            NativeStatus.ThrowIfFailed(NativeMethods.dia_generator_copy_tokens(usage.Pointer, row, tokens, destination.Length, null));
        }
    }

    /// <returns>Frames copied: as many as there are and fit.</returns>
    internal int CopyFrames(int row, int firstFrame, Span<int> destination)
    {
        using Usage usage = Enter();
        fixed (int* codes = destination)
        {
            long copied;
            NativeStatus.ThrowIfFailed(NativeMethods.dia_generator_copy_frames(
                usage.Pointer, row, firstFrame, codes, destination.Length, &copied));
            return (int)copied;
        }
    }

    protected override void CancelNative(nint pointer) => NativeMethods.dia_generator_cancel((DiaGenerator*)pointer);

    protected override bool ReleaseHandle()
    {
        NativeMethods.dia_generator_free((DiaGenerator*)handle);
        _callback?.Dispose();
        return true;
    }

    /// <exception cref="InvalidOperationException">Another thread is using the generator.</exception>
    private Usage Enter()
    {
        if (Interlocked.CompareExchange(ref _inUse, 1, 0) != 0)
        {
            throw new InvalidOperationException("The generator is in use on another thread; a generator serves one call at a time.");
        }

        try
        {
            return new Usage(this);
        }
        catch
        {
            Volatile.Write(ref _inUse, 0);
            throw;
        }
    }

    private readonly ref struct Usage
    {
        private readonly GeneratorHandle _handle;
        private readonly HandleLease _lease;

        public Usage(GeneratorHandle handle)
        {
            _lease = new HandleLease(handle);
            _handle = handle;
        }

        public DiaGenerator* Pointer => (DiaGenerator*)_lease.Pointer;

        public void Dispose()
        {
            Volatile.Write(ref _handle._inUse, 0);
            _lease.Dispose();
        }
    }
}
