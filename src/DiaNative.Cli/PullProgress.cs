using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace DiaNative.Cli;

/// <summary>Shows bytes, files and speed while a model is downloaded and converted.</summary>
internal static class PullProgress
{
    /// <summary>Runs work that reports to what it is given.</summary>
    internal static Task<T> ShowAsync<T>(ProgressStyle style, Func<IProgress<HubProgress>?, Task<T>> work) => style switch
    {
        ProgressStyle.Auto when Terminal.IsInteractive => ShowBarsAsync(work),
        ProgressStyle.Plain => work(new SynchronousProgress<HubProgress>(LinePerSecond(Console.Error))),
        _ => work(null),
    };

    private static Task<T> ShowBarsAsync<T>(Func<IProgress<HubProgress>?, Task<T>> work) =>
        Terminal.Error.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(),
                new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                var tasks = new Dictionary<HubStage, ProgressTask>();
                return work(new SynchronousProgress<HubProgress>(now =>
                {
                    if (!tasks.TryGetValue(now.Stage, out ProgressTask? task))
                    {
                        tasks[now.Stage] = task = context.AddTask("");
                    }

                    task.Description = Markup.Escape(now.Stage == HubStage.Downloading ? $"downloading {now.FilesDone} of {now.Files} files" : "converting");
                    task.MaxValue = now.Bytes.Total;
                    task.Value = now.Bytes.Done;
                }));
            });

    private static Action<HubProgress> LinePerSecond(TextWriter writer)
    {
        long shown = 0;
        HubStage stage = default;
        return now =>
        {
            bool isDone = now.FilesDone == now.Files && now.Bytes.Done == now.Bytes.Total;
            if (shown == 0 || stage != now.Stage || isDone || Stopwatch.GetElapsedTime(shown).TotalSeconds >= 1)
            {
                shown = Stopwatch.GetTimestamp();
                stage = now.Stage;
                writer.WriteLine(Describe(now));
            }
        };
    }

    private static string Describe(HubProgress now) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(now.Stage == HubStage.Downloading ? "downloading" : "converting")} {now.Bytes.Done / 1e6:F1} of {now.Bytes.Total / 1e6:F1} MB, " +
        $"{now.FilesDone} of {now.Files} files, {now.BytesPerSecond / 1e6:F1} MB/s");
}
