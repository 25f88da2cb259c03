using System.CommandLine;
using System.Globalization;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative convert</c>: a checkpoint becomes a GGUF.</summary>
internal static class ConvertCommand
{
    private const string CodecSubfolder = "dac";
    private const string Auto = "auto";
    private const string HuggingFace = "huggingface";
    private const string TtsCpp = "ttscpp";

    internal static Command Create()
    {
        var model = new Argument<string>("model") { Description = "Folder with Dia's config.json and safetensors files, or TTS.cpp's GGUF" };
        var from = new Option<string>("--from")
        {
            Description = "What the model is: huggingface (a folder), ttscpp (a GGUF file that TTS.cpp made of Dia) or auto",
            DefaultValueFactory = _ => Auto,
        };
        from.AcceptOnlyFromAmong(Auto, HuggingFace, TtsCpp);
        var codec = new Option<string?>("--codec") { Description = "Folder with DAC's; by default the folder 'dac' inside the model's; with ttscpp the codec in its file, which cannot encode" };
        var noCodec = new Option<bool>("--no-codec") { Description = "Leave DAC out: the file then gives codes, and no audio" };
        var types = new TypeArguments("checkpoint");
        var output = new Option<string?>("--output", "-o") { Description = "The GGUF to write; by default the model's name with .gguf, or .dianative.gguf for one of TTS.cpp" };
        var command = new Command("convert", "Makes one GGUF of a checkpoint of Dia and one of DAC") { model, from, codec, noCodec };
        types.AddTo(command);
        command.Add(output);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string modelPath = parsed.GetRequiredValue(model);
            CheckpointFormat format = FormatOf(parsed.GetValue(from), modelPath);
            string? codecFolder = format == CheckpointFormat.TtsCpp
                ? TtsCppCodecFolder(parsed.GetValue(codec), parsed.GetValue(noCodec))
                : CodecFolder(modelPath, parsed.GetValue(codec), parsed.GetValue(noCodec));
            string path = parsed.GetValue(output) ?? DefaultOutput(modelPath, format);
            ConversionOptions options = types.ConversionOptions(parsed) with { Format = format, LoggerFactory = ErrorLog.Factory };
            await WriteProgress
                .ShowAsync(path, progress => DiaConverter.ConvertAsync(modelPath, codecFolder, path, options, progress, cancellationToken))
                .ConfigureAwait(false);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {new FileInfo(path).Length / 1e6:F1} MB"));
            return ExitCode.Success;
        });
        return command;
    }

    private static CheckpointFormat FormatOf(string? name, string modelPath) => name switch
    {
        HuggingFace => CheckpointFormat.HuggingFace,
        TtsCpp => CheckpointFormat.TtsCpp,
        _ => DiaConverter.DetectFormat(modelPath),
    };

    // A file of TTS.cpp gets another name, lest it be replaced.
    private static string DefaultOutput(string modelPath, CheckpointFormat format) => format == CheckpointFormat.TtsCpp
        ? $"{Path.GetFileNameWithoutExtension(modelPath)}.dianative.gguf"
        : $"{Path.GetFileName(Path.GetFullPath(modelPath).TrimEnd(Path.DirectorySeparatorChar))}.gguf";

    private static string? TtsCppCodecFolder(string? given, bool without) =>
        without ? throw new UsageException("--no-codec goes with --from huggingface; a file of TTS.cpp always has one") : given;

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
