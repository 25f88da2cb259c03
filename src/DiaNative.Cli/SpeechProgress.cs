using System.Globalization;
using Spectre.Console;

namespace DiaNative.Cli;

/// <summary>Shows steps, seconds of audio and speed while speech is generated.</summary>
internal static class SpeechProgress
{
    /// <summary>Runs work that reports to what it is given.</summary>
    internal static Task<T> ShowAsync<T>(ProgressStyle style, Func<IProgress<GenerationProgress>?, Task<T>> work) => style switch
    {
        ProgressStyle.Auto when Terminal.IsInteractive => ShowBarAsync(work),
        ProgressStyle.Plain => work(new SynchronousProgress<GenerationProgress>(LinePerSecond(Console.Error))),
        _ => work(null),
    };

    private static Task<T> ShowBarAsync<T>(Func<IProgress<GenerationProgress>?, Task<T>> work) =>
        Terminal.Error.Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new ProgressBarColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(context =>
            {
                ProgressTask task = context.AddTask("reading the script");
                return work(new SynchronousProgress<GenerationProgress>(now =>
                {
                    // The end of speech comes when it comes; the bar shows how much of the limit is used.
                    task.MaxValue = now.MaxSteps;
                    task.Value = now.Step;
                    task.Description = Markup.Escape(Describe(now));
                }));
            });

    private static Action<GenerationProgress> LinePerSecond(TextWriter writer)
    {
        int shown = -1;
        return now =>
        {
            if ((int)now.Duration.TotalSeconds > shown)
            {
                shown = (int)now.Duration.TotalSeconds;
                writer.WriteLine(Describe(now));
            }
        };
    }

    private static string Describe(GenerationProgress now) => string.Create(
        CultureInfo.InvariantCulture,
        $"step {now.Step} of at most {now.MaxSteps}, {now.Duration.TotalSeconds:F1} s of audio, {now.TokensPerSecond:F0} steps/s, {now.RealTimeFactor:F2} x real time");
}
