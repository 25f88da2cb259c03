using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative convert</c>: a checkpoint becomes a GGUF.</summary>
internal static class ConvertCommand
{
    private const string CodecSubfolder = "dac";

    private static readonly string[] s_types = ["auto", "f32", "f16", "bf16", "q8_0"];
    private static readonly string[] s_codecTypes = ["auto", "f32", "f16"];

    internal static Command Create()
    {
        var model = new Argument<string>("model") { Description = "Folder with Dia's config.json and safetensors files" };
        var codec = new Option<string?>("--codec") { Description = "Folder with DAC's; by default the folder 'dac' inside the model's" };
        var noCodec = new Option<bool>("--no-codec") { Description = "Leave DAC out: the file then gives codes, and no audio" };
        Option<string> type = TypeOption("--type", "Type of Dia's matrices; auto is that of the checkpoint", s_types);
        type.Aliases.Add("-t");
        Option<string> codecType = TypeOption("--codec-type", "Type of DAC's convolutions; auto is that of the checkpoint", s_codecTypes);
        var output = new Option<string?>("--output", "-o") { Description = "The GGUF to write; by default the model folder's name with .gguf" };
        var command = new Command("convert", "Makes one GGUF of a checkpoint of Dia and one of DAC") { model, codec, noCodec, type, codecType, output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string modelFolder = parsed.GetRequiredValue(model);
            string? codecFolder = CodecFolder(modelFolder, parsed.GetValue(codec), parsed.GetValue(noCodec));
            string path = parsed.GetValue(output) ?? $"{Path.GetFileName(Path.GetFullPath(modelFolder).TrimEnd(Path.DirectorySeparatorChar))}.gguf";
            var options = new ConversionOptions { WeightType = TypeNamed(parsed.GetRequiredValue(type)), CodecWeightType = TypeNamed(parsed.GetRequiredValue(codecType)) };
            await ConvertAsync(modelFolder, codecFolder, path, options, cancellationToken).ConfigureAwait(false);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {new FileInfo(path).Length / 1e6:F1} MB"));
            return ExitCode.Success;
        });
        return command;
    }

    private static Task ConvertAsync(
        string modelFolder, string? codecFolder, string path, ConversionOptions options, CancellationToken cancellationToken)
    {
        Task Convert(IProgress<ByteProgress>? progress) =>
            DiaConverter.ConvertAsync(modelFolder, codecFolder, path, options, progress, cancellationToken);

        return Terminal.IsInteractive ? ShowBarAsync(Path.GetFileName(path), Convert) : Convert(null);
    }

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

    private static string? CodecFolder(string modelFolder, string? given, bool without)
    {
        if (without)
        {
            return given is null ? null : throw new UsageException("--codec and --no-codec exclude each other");
        }

        string folder = given ?? Path.Combine(modelFolder, CodecSubfolder);
        return given is not null || Directory.Exists(folder)
            ? folder
            : throw new UsageException($"'{modelFolder}' has no folder '{CodecSubfolder}': name DAC's folder with --codec, or leave it out with --no-codec");
    }

    private static Option<string> TypeOption(string name, string description, string[] values)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => values[0] };
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    private static WeightType TypeNamed(string name) => Enum.Parse<WeightType>(name, ignoreCase: true);
}
