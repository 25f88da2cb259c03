namespace DiaNative.Interop;

/// <summary>
/// Holds a native object for the length of one call, so that disposing of it on another thread cannot free it under the call, and
/// routes the native log of this thread to the handle's logger.
/// </summary>
internal readonly ref struct HandleLease
{
    private readonly NativeHandle _handle;
    private readonly NativeLog.Scope _log;

    /// <exception cref="ObjectDisposedException">The handle was disposed of.</exception>
    public HandleLease(NativeHandle handle)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        _handle = handle;
        _log = new NativeLog.Scope(handle.Logger);
        Pointer = handle.DangerousGetHandle();
    }

    public nint Pointer { get; }

    public void Dispose()
    {
        _log.Dispose();
        _handle.DangerousRelease();
    }
}
