namespace DiaNative.Interop;

/// <summary>The one table that turns a native status into an exception.</summary>
internal static unsafe class NativeStatus
{
    /// <summary>Throws what <paramref name="status"/> stands for. Must be called on the thread of the call, directly after it.</summary>
    internal static void ThrowIfFailed(DiaStatus status, CancellationToken cancellationToken = default)
    {
        if (status != DiaStatus.Ok)
        {
            throw ToException(status, LastErrorMessage(), cancellationToken);
        }
    }

    internal static Exception ToException(DiaStatus status, string message, CancellationToken cancellationToken = default) => status switch
    {
        DiaStatus.InvalidArgument => new ArgumentException(message),
        DiaStatus.InvalidState => new InvalidOperationException(message),
        DiaStatus.OutOfMemory => new InsufficientMemoryException(message),
        DiaStatus.Io => new IOException(message),
        DiaStatus.InvalidFile or DiaStatus.Unsupported => new DiaFileException((DiaErrorCode)status, message),
        DiaStatus.Cancelled => new OperationCanceledException(message, cancellationToken),
        DiaStatus.TextTooLong => new TextTooLongException(message),
        DiaStatus.MemoryLimit => new MemoryLimitException(message),
        _ => new DiaException((DiaErrorCode)status, message),
    };

    private static string LastErrorMessage() => Utf8.ToString(NativeMethods.dia_last_error_message()) ?? "";
}
