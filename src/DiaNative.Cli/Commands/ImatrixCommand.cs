using System.CommandLine;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative imatrix</c>: which columns of the matrices matter.</summary>
internal static class ImatrixCommand
{
    // Enough for the short sentences of a script file; every position counts once.
    private const int DefaultMaxTokens = 300;

    internal static Command Create()
    {
        var output = new Argument<string>("output") { Description = "The file to write, for --imatrix of 'dianative quantize' and 'convert'" };
        var model = new Option<string?>("--model", "-m") { Description = "The GGUF to measure, best of f32, f16 or bf16, or the name of a pulled model; by default the embedded demo model" };
        var scripts = ScriptFile.Option();
        var generation = new GenerationArguments(device: "CPU");
        var command = new Command("imatrix", "Measures which columns of a model's matrices matter, while it speaks scripts") { output, model, scripts };
        generation.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetRequiredValue(output);
            OutputFile.Require(path);
            IReadOnlyList<string> texts = await ScriptFile.ReadAsync(parsed.GetValue(scripts), cancellationToken).ConfigureAwait(false);
            GenerationOptions options = await generation.GenerationOptionsAsync(parsed, cancellationToken).ConfigureAwait(false);
            options = options with { MaxNewTokens = options.MaxNewTokens ?? DefaultMaxTokens };
            using DiaModel loaded = DiaModel.Load(parsed.GetValue(model) is { } given ? ModelChoice.Find(given) : EmbeddedModel.ModelPath, generation.ModelOptions(parsed) with { LoadCodec = false });
            await WorkProgress
                .ShowAsync(Path.GetFileName(path), progress => DiaImportance.MeasureAsync(loaded, texts, path, options, progress, cancellationToken))
                .ConfigureAwait(false);
            Console.Out.WriteLine($"{path}: measured over {texts.Count} scripts");
            return ExitCode.Success;
        });
        return command;
    }
}
