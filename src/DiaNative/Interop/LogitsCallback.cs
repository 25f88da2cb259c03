using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace DiaNative.Interop;

/// <summary>
/// Lets the generator call the hooks of <see cref="GenerationOptions"/>. An exception of a hook stops the call and is thrown again
/// behind it.
/// </summary>
internal sealed unsafe class LogitsCallback : IDisposable
{
    private readonly PrefixAllowedTokens? _allowedTokens;
    private readonly LogitsProcessor? _processor;
    private GCHandle _self;
    private Exception? _exception;
    private int[] _history = [];
    private bool[] _isAllowed = [];

    private LogitsCallback(PrefixAllowedTokens? allowedTokens, LogitsProcessor? processor)
    {
        _allowedTokens = allowedTokens;
        _processor = processor;
        _self = GCHandle.Alloc(this);
    }

    /// <returns>The callback; <see langword="null"/> if the options have no such hook.</returns>
    public static LogitsCallback? For(GenerationOptions options) =>
        options.PrefixAllowedTokens is null && options.LogitsProcessor is null
            ? null
            : new LogitsCallback(options.PrefixAllowedTokens, options.LogitsProcessor);

    public void AddTo(ref DiaGenerationParams parameters)
    {
        parameters.LogitsCallback = &OnLogits;
        parameters.LogitsUserData = (void*)GCHandle.ToIntPtr(_self);
    }

    /// <summary>Throws what a hook threw in the call that has just failed.</summary>
    public void ThrowIfFailed()
    {
        if (_exception is { } exception)
        {
            _exception = null;
            ExceptionDispatchInfo.Throw(exception);
        }
    }

    public void Dispose()
    {
        if (_self.IsAllocated)
        {
            _self.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnLogits(DiaLogitsContext* context, float* scores, void* userData)
    {
        var callback = (LogitsCallback)GCHandle.FromIntPtr((nint)userData).Target!;
        try
        {
            callback.Run(*context, new Span<float>(scores, context->NChannels * context->VocabSize));
            return 0;
        }
#pragma warning disable CA1031 // An exception must not cross the native frames; ThrowIfFailed throws it again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            callback._exception = exception;
            return 1;
        }
    }

    private void Run(in DiaLogitsContext native, Span<float> scores)
    {
        var tokens = new ReadOnlySpan<int>(native.Tokens, checked((int)(native.NTokens * native.NChannels)));
        var context = new LogitsContext(
            native.Row, native.NChannels, native.VocabSize, checked((int)native.NPromptFrames), tokens, scores);
        if (_allowedTokens is not null)
        {
            for (int channel = 0; channel < context.Channels; channel++)
            {
                KeepAllowed(_allowedTokens, context, channel);
            }
        }

        _processor?.Invoke(context);
    }

    private void KeepAllowed(PrefixAllowedTokens allowedTokens, LogitsContext context, int channel)
    {
        IReadOnlyCollection<int>? allowed = allowedTokens(context.Row, channel, History(context, channel));
        if (allowed is null)
        {
            return;
        }

        if (allowed.Count == 0)
        {
            throw new InvalidOperationException(
                $"{nameof(PrefixAllowedTokens)} allows no token at {Place(context, channel)}; null allows all.");
        }

        Array.Resize(ref _isAllowed, context.VocabularySize);
        Array.Clear(_isAllowed);
        foreach (int token in allowed)
        {
            if (token < 0 || token >= context.VocabularySize)
            {
                throw new InvalidOperationException(
                    $"{nameof(PrefixAllowedTokens)} allows token {token} at {Place(context, channel)}; "
                    + $"tokens are 0 to {context.VocabularySize - 1}.");
            }

            _isAllowed[token] = true;
        }

        Span<float> scores = context.ChannelScores(channel);
        for (int token = 0; token < scores.Length; token++)
        {
            if (!_isAllowed[token])
            {
                scores[token] = float.NegativeInfinity;
            }
        }
    }

    private static string Place(LogitsContext context, int channel) =>
        $"row {context.Row}, channel {channel}, position {context.Position}";

    private ReadOnlySpan<int> History(LogitsContext context, int channel)
    {
        int positions = context.Position;
        if (_history.Length < positions)
        {
            Array.Resize(ref _history, Math.Max(positions, 2 * _history.Length));
        }

        for (int position = 0; position < positions; position++)
        {
            _history[position] = context.Tokens[(position * context.Channels) + channel];
        }

        return _history.AsSpan(0, positions);
    }
}
