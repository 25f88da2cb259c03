namespace DiaNative;

/// <summary>Lets a limited number of generations run at a time; the others wait for their turn.</summary>
internal sealed class GenerationGate
{
    // The gate that the work of this thread has passed: what it calls need not wait again.
    [ThreadStatic]
    private static GenerationGate? s_passed;

    private readonly SemaphoreSlim? _turns;

    /// <param name="limit">Generations at a time; <see langword="null"/> for any number.</param>
    internal GenerationGate(int? limit) => _turns = limit is null ? null : new SemaphoreSlim(limit.Value);

    /// <summary>Waits on the caller's thread, unless its work has passed the gate.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled while it waited.</exception>
    internal Turn Enter(CancellationToken cancellationToken)
    {
        if (_turns is null || s_passed == this)
        {
            return default;
        }

        _turns.Wait(cancellationToken);
        return new Turn(_turns);
    }

    /// <summary>Waits without a thread, then runs work on one of its own.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled while it waited.</exception>
    internal async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (_turns is null)
        {
            return await NativeWork.Run(work, cancellationToken).ConfigureAwait(false);
        }

        await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        using var turn = new Turn(_turns);
        return await NativeWork.Run(() => Passed(work), cancellationToken).ConfigureAwait(false);
    }

    private T Passed<T>(Func<T> work)
    {
        GenerationGate? before = s_passed;
        s_passed = this;
        try
        {
            return work();
        }
        finally
        {
            s_passed = before;
        }
    }

    /// <summary>Lets the next one in when it is disposed of.</summary>
    internal readonly struct Turn(SemaphoreSlim? turns) : IDisposable
    {
        public void Dispose() => turns?.Release();
    }
}
