using Spectre.Console;

namespace DiaNative.Cli.Commands;

/// <summary>A bar on standard error of the part of a work that is done, if somebody watches.</summary>
internal static class WorkProgress
{
    internal static async Task<T> ShowAsync<T>(string name, Func<IProgress<double>?, Task<T>> work)
    {
        Task<T>? running = null;
        await ShowAsync(name, progress => (Task)(running = work(progress))).ConfigureAwait(false);
        return await running!.ConfigureAwait(false);
    }

    internal static Task ShowAsync(string name, Func<IProgress<double>?, Task> work) => Terminal.IsInteractive ? ShowBarAsync(name, work) : work(null);

    private static Task ShowBarAsync(string name, Func<IProgress<double>?, Task> work) =>
        Terminal.Error.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(name), maxValue: 1);
                return work(new SynchronousProgress<double>(part => task.Value = part));
            });
}
