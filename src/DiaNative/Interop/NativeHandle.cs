using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace DiaNative.Interop;

/// <summary>
/// Owns one native object and frees it exactly once: when it has been disposed of and no call holds a <see cref="HandleLease"/> on it.
/// </summary>
internal abstract class NativeHandle : SafeHandle
{
    protected NativeHandle(nint value, ILogger logger)
        : base(0, ownsHandle: true)
    {
        Logger = logger;
        SetHandle(value);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Receives what the native library logs during calls on this handle.</summary>
    internal ILogger Logger { get; }
}
