using System.CommandLine;
using System.Globalization;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative convert</c>: a checkpoint becomes a GGUF.</summary>
internal static class ConvertCommand
{
    private const string CodecSubfolder = "dac";

    internal static Command Create()
    {
        var model = new Argument<string>("model") { Description = "Folder with Dia's config.json and safetensors files" };
        var codec = new Option<string?>("--codec") { Description = "Folder with DAC's; by default the folder 'dac' inside the model's" };
        var noCodec = new Option<bool>("--no-codec") { Description = "Leave DAC out: the file then gives codes, and no audio" };
        var types = new TypeArguments("checkpoint");
        var output = new Option<string?>("--output", "-o") { Description = "The GGUF to write; by default the model folder's name with .gguf" };
        var command = new Command("convert", "Makes one GGUF of a checkpoint of Dia and one of DAC") { model, codec, noCodec };
        types.AddTo(command);
        command.Add(output);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string modelFolder = parsed.GetRequiredValue(model);
            string? codecFolder = CodecFolder(modelFolder, parsed.GetValue(codec), parsed.GetValue(noCodec));
            string path = parsed.GetValue(output) ?? $"{Path.GetFileName(Path.GetFullPath(modelFolder).TrimEnd(Path.DirectorySeparatorChar))}.gguf";
            ConversionOptions options = types.ConversionOptions(parsed) with { LoggerFactory = ErrorLog.Factory };
            await WriteProgress
                .ShowAsync(path, progress => DiaConverter.ConvertAsync(modelFolder, codecFolder, path, options, progress, cancellationToken))
                .ConfigureAwait(false);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {new FileInfo(path).Length / 1e6:F1} MB"));
            return ExitCode.Success;
        });
        return command;
    }

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
}
