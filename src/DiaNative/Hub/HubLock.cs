namespace DiaNative;

/// <summary>
/// A file that one process at a time holds open. It is the lock that Python's <c>filelock</c> takes (<c>flock</c> on Unix), so that
/// both kinds of program wait for each other. The system releases it when a process ends, however it ends.
/// </summary>
internal static class HubLock
{
    private const int UnixWouldBlock = 11;
    private const int DarwinWouldBlock = 35;
    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private const int WindowsLockViolation = unchecked((int)0x80070021);

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits for the lock. Disposing of the stream releases it; the file stays, as its removal would race with others.</summary>
    internal static async Task<FileStream> AcquireAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (IsHeld(exception))
            {
                await Task.Delay(s_pollInterval, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static bool IsHeld(IOException exception) => OperatingSystem.IsWindows()
        ? exception.HResult is WindowsSharingViolation or WindowsLockViolation
        : exception.HResult == (OperatingSystem.IsMacOS() ? DarwinWouldBlock : UnixWouldBlock);
}
