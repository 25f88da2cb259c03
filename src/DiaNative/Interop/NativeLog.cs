using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DiaNative.Interop;

/// <summary>
/// Passes the messages of the native library on. The native receiver is one for the whole process and is called on the thread that
/// caused a message; the logger of the call that runs on that thread gets it.
/// </summary>
internal static unsafe class NativeLog
{
    [ThreadStatic]
    private static ILogger? s_current;

    /// <summary>Makes this class the receiver. Called once, when the library is loaded.</summary>
    internal static void Install() =>
        NativeStatus.ThrowIfFailed(NativeMethods.dia_log_set_callback(DiaLogLevel.Debug, &OnMessage, null));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnMessage(DiaLogLevel level, byte* message, void* userData)
    {
        ILogger logger = s_current ?? NullLogger.Instance;
        LogLevel managedLevel = ToLogLevel(level);
        try
        {
            if (logger.IsEnabled(managedLevel))
            {
                string text = Utf8.ToString(message) ?? "";
                Log.NativeMessage(logger, managedLevel, text);
            }
        }
#pragma warning disable CA1031 // An exception must not cross the native frames, and a failing logger must not stop the work.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    internal static LogLevel ToLogLevel(DiaLogLevel level) => level switch
    {
        DiaLogLevel.Error => LogLevel.Error,
        DiaLogLevel.Warning => LogLevel.Warning,
        DiaLogLevel.Info => LogLevel.Information,
        _ => LogLevel.Debug,
    };

    /// <summary>Makes a logger the receiver of this thread's native messages until it is disposed of.</summary>
    internal readonly ref struct Scope
    {
        private readonly ILogger? _previous;

        public Scope(ILogger logger)
        {
            _previous = s_current;
            s_current = logger;
        }

        public void Dispose() => s_current = _previous;
    }
}
