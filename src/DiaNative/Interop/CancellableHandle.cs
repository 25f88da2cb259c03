using Microsoft.Extensions.Logging;

namespace DiaNative.Interop;

/// <summary>A native object whose running call can be stopped from another thread.</summary>
internal abstract class CancellableHandle : NativeHandle
{
    private volatile bool _isShutDown;

    protected CancellableHandle(nint value, ILogger logger)
        : base(value, logger)
    {
    }

    /// <summary>Whether <see cref="ShutDown"/> was called. A call that is stopped from then on was stopped by it.</summary>
    internal bool IsShutDown => _isShutDown;

    /// <summary>Stops the running call, or the next one. May be called on any thread; does nothing after disposal.</summary>
    internal void Cancel()
    {
        try
        {
            using var lease = new HandleLease(this);
            CancelNative(lease.Pointer);
        }
        catch (ObjectDisposedException)
        {
            // Nothing runs that could be stopped.
        }
    }

    /// <summary>Stops the running call and frees the object when that has returned. May be called twice.</summary>
    internal void ShutDown()
    {
        _isShutDown = true;
        Cancel();
        Dispose();
    }

    protected abstract void CancelNative(nint pointer);

    protected CancellationTokenRegistration RegisterCancel(CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(static state => ((CancellableHandle)state!).Cancel(), this);

    // A token that is cancelled while a call returns stops the next call instead, which has nothing to do with it.
    protected bool IsForAnotherCall(DiaStatus status, CancellationToken cancellationToken) =>
        status == DiaStatus.Cancelled && !cancellationToken.IsCancellationRequested && !IsShutDown;
}
