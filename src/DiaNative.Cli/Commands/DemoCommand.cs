using System.CommandLine;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative demo</c>: the embedded model speaks its own sentence.</summary>
internal static class DemoCommand
{
    internal static Command Create()
    {
        var speech = new SpeechArguments("hello.wav");
        var command = new Command("demo", "Lets the embedded model speak its own sentence: the shortest proof that everything works");
        speech.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            EmbeddedModel model = EmbeddedModel.Load();
            Console.Out.WriteLine($"Speaking \"{model.Text}\" with the embedded model: {model.Name}, {model.Description}.");
            var job = new SpeechJob
            {
                Text = model.Text,
                ModelPath = EmbeddedModel.ModelPath,
                // So small a model gains nothing from threads that wait for each other.
                ModelOptions = new DiaModelOptions { Threads = 1 },
                Options = new GenerationOptions
                {
                    Seed = model.Seed,
                    MaxDuration = TimeSpan.FromSeconds(model.MaxSeconds),
                    OnCancellation = CancellationBehavior.ReturnPartial,
                },
                OutputPath = speech.OutputPath(parsed),
                Format = speech.Format(parsed),
                Progress = speech.Progress(parsed),
            };
            int exitCode = await job.RunAsync(cancellationToken).ConfigureAwait(false);
            WriteWhatNext(model);
            return exitCode;
        });
        return command;
    }

    private static void WriteWhatNext(EmbeddedModel model)
    {
        if (!model.Trained)
        {
            Console.Out.WriteLine("This model is untrained: what it says is noise.");
        }

        Console.Out.WriteLine($"""

            For real speech, get Dia-1.6B and its codec once (about 7 GB to download), and speak:
              dianative pull {DiaHub.DefaultModel}
              dianative speak "[S1] Hello there. [S2] Hi! (laughs)"
            """);
    }
}
