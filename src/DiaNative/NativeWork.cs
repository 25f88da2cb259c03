namespace DiaNative;

/// <summary>
/// Runs native work, which takes seconds, on a thread of its own: neither the caller's nor one that the thread pool would miss.
/// </summary>
internal static class NativeWork
{
    internal static Task Run(Action work, CancellationToken cancellationToken) =>
        Run(
            () =>
            {
                work();
                return true;
            },
            cancellationToken);

    internal static async Task<T> Run<T>(Func<T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // The work itself answers to the token; a task that the scheduler cancels would not have started it.
        return await Task.Factory.StartNew(
            work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default)
            .ConfigureAwait(false);
    }
}
