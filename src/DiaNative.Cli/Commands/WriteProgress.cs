using Spectre.Console;

namespace DiaNative.Cli.Commands;

/// <summary>A bar of bytes on standard error while a file is written, if somebody watches.</summary>
internal static class WriteProgress
{
    internal static Task ShowAsync(string path, Func<IProgress<ByteProgress>?, Task> work) =>
        Terminal.IsInteractive ? ShowBarAsync(Path.GetFileName(path), work) : work(null);

    private static Task ShowBarAsync(string name, Func<IProgress<ByteProgress>?, Task> work) =>
        Terminal.Error.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(name));
                return work(new SynchronousProgress<ByteProgress>(bytes =>
                {
                    task.MaxValue = bytes.Total;
                    task.Value = bytes.Done;
                }));
            });
}
