using System.CommandLine;
using System.Globalization;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative pull</c>: a repository of the hub becomes a GGUF.</summary>
internal static class PullCommand
{
    internal static Command Create()
    {
        var repository = new Argument<string>("repository")
        {
            Description = "The repository with Dia",
            DefaultValueFactory = _ => DiaHub.DefaultModel,
        };
        var revision = new Option<string>("--revision") { Description = "Its branch, tag or commit", DefaultValueFactory = _ => DiaHub.DefaultRevision };
        var codec = new Option<string>("--codec") { Description = "The repository with DAC", DefaultValueFactory = _ => DiaHub.DefaultCodec };
        var codecRevision = new Option<string>("--codec-revision") { Description = "Its branch, tag or commit", DefaultValueFactory = _ => DiaHub.DefaultRevision };
        var types = new TypeArguments("checkpoint", "q8_0");
        var output = new Option<string?>("--output", "-o") { Description = "The GGUF to write; by default one in the folder of models, which has a name" };
        var force = new Option<bool>("--force") { Description = "Convert anew, even if the model in the folder of models is up to date" };
        var downloadOnly = new Option<bool>("--download-only") { Description = "Print the folders with the checkpoints, and convert nothing" };
        var hub = new HubArguments();
        var command = new Command("pull", "Downloads a checkpoint of Dia and one of DAC from the Hugging Face hub and makes one GGUF of them")
        {
            repository, revision, codec, codecRevision, output, force, downloadOnly,
        };
        types.AddTo(command);
        hub.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new PullOptions
            {
                Hub = hub.Options(parsed),
                Revision = parsed.GetRequiredValue(revision),
                CodecRepository = parsed.GetRequiredValue(codec),
                CodecRevision = parsed.GetRequiredValue(codecRevision),
                Conversion = types.ConversionOptions(parsed) with { LoggerFactory = ErrorLog.Factory },
                OutputPath = parsed.GetValue(output),
                Force = parsed.GetValue(force),
            };
            string name = parsed.GetRequiredValue(repository);
            if (parsed.GetValue(downloadOnly))
            {
                await DownloadAsync(name, options, hub.Progress(parsed), cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await PullAsync(name, options, hub.Progress(parsed), cancellationToken).ConfigureAwait(false);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static async Task DownloadAsync(string repository, PullOptions options, ProgressStyle style, CancellationToken cancellationToken)
    {
        foreach ((string name, string revision) in new[] { (repository, options.Revision), (options.CodecRepository, options.CodecRevision) })
        {
            HubSnapshot snapshot = await PullProgress
                .ShowAsync(style, progress => DiaHub.DownloadAsync(name, revision, options.Hub, progress, cancellationToken)).ConfigureAwait(false);
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{snapshot.Directory}: {snapshot.SizeInBytes / 1e6:F1} MB, of which {snapshot.DownloadedBytes / 1e6:F1} MB were downloaded"));
        }
    }

    private static async Task PullAsync(string repository, PullOptions options, ProgressStyle style, CancellationToken cancellationToken)
    {
        PulledModel model = await PullProgress
            .ShowAsync(style, progress => DiaHub.PullAsync(repository, options, progress, cancellationToken)).ConfigureAwait(false);
        string use = options.OutputPath is null ? model.Name : model.Path;
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model.Path}: {model.SizeInBytes / 1e6:F1} MB"));
        Console.Out.WriteLine($"""Speak with it: dianative speak --model {use} "[S1] Hello there. [S2] Hi! (laughs)" """.TrimEnd());
    }
}
