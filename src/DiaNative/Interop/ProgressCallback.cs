using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace DiaNative.Interop;

/// <summary>
/// Lets a long native call report its progress and be cancelled. An exception of the receiver stops the call and is thrown again
/// behind it.
/// </summary>
internal sealed unsafe class ProgressCallback : IDisposable
{
    private readonly IProgress<ByteProgress>? _progress;
    private readonly CancellationToken _cancellationToken;
    private GCHandle _self;
    private Exception? _exception;

    public ProgressCallback(IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        _progress = progress;
        _cancellationToken = cancellationToken;
        _self = GCHandle.Alloc(this);
    }

    public static delegate* unmanaged[Cdecl]<long, long, void*, int> Function => &OnProgress;

    public void* UserData => (void*)GCHandle.ToIntPtr(_self);

    public void ThrowIfFailed(DiaStatus status)
    {
        if (_exception is not null)
        {
            ExceptionDispatchInfo.Throw(_exception);
        }

        NativeStatus.ThrowIfFailed(status, _cancellationToken);
    }

    public void Dispose() => _self.Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnProgress(long done, long total, void* userData)
    {
        var callback = (ProgressCallback)GCHandle.FromIntPtr((nint)userData).Target!;
        try
        {
            callback._progress?.Report(new ByteProgress(done, total));
            return callback._cancellationToken.IsCancellationRequested ? 1 : 0;
        }
#pragma warning disable CA1031 // An exception must not cross the native frames; ThrowIfFailed throws it again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            callback._exception = exception;
            return 1;
        }
    }
}
