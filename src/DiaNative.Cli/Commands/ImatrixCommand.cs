using System.CommandLine;
using Spectre.Console;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative imatrix</c>: which columns of the matrices matter.</summary>
internal static class ImatrixCommand
{
    // Enough for the short sentences of a script file; every position counts once.
    private const int DefaultMaxTokens = 300;

    internal static Command Create()
    {
        var output = new Argument<string>("output") { Description = "The file to write, for --imatrix of 'dianative quantize' and 'convert'" };
        var model = new Option<string?>("--model", "-m") { Description = "The GGUF to measure, best of f32, f16 or bf16; by default the embedded demo model" };
        var scripts = ScriptFile.Option();
        var generation = new GenerationArguments();
        var command = new Command("imatrix", "Measures which columns of a model's matrices matter, while it speaks scripts") { output, model, scripts };
        generation.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetRequiredValue(output);
            IReadOnlyList<string> texts = await ScriptFile.ReadAsync(parsed.GetValue(scripts), cancellationToken).ConfigureAwait(false);
            GenerationOptions options = await generation.GenerationOptionsAsync(parsed, cancellationToken).ConfigureAwait(false);
            options = options with { MaxNewTokens = options.MaxNewTokens ?? DefaultMaxTokens };
            using DiaModel loaded = DiaModel.Load(parsed.GetValue(model) ?? EmbeddedModel.ModelPath, generation.ModelOptions(parsed) with { LoadCodec = false });
            Task Measure(IProgress<double>? progress) => DiaImportance.MeasureAsync(loaded, texts, path, options, progress, cancellationToken);
            await (Terminal.IsInteractive ? ShowBarAsync(Path.GetFileName(path), Measure) : Measure(null)).ConfigureAwait(false);
            Console.Out.WriteLine($"{path}: measured over {texts.Count} scripts");
            return ExitCode.Success;
        });
        return command;
    }

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
