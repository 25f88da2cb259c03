using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative quantize</c>: a GGUF becomes a smaller one.</summary>
internal static partial class QuantizeCommand
{
    internal static Command Create()
    {
        var input = new Argument<string>("input") { Description = "The GGUF to start from, best of f32, f16 or bf16, or the name of a pulled model" };
        var output = new Argument<string?>("output") { Description = "The GGUF to write; not needed with --dry-run", Arity = ArgumentArity.ZeroOrOne };
        var types = new TypeArguments("input");
        var requantize = new Option<bool>("--allow-requantize") { Description = "Round tensors again that have blocks already, at a loss" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Write nothing; print what would be written, by groups of tensors" };
        var command = new Command("quantize", "Makes a smaller GGUF of a model: its tensors are stored with fewer bits") { input, output };
        types.AddTo(command);
        command.Add(requantize);
        command.Add(dryRun);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string from = ModelChoice.Find(parsed.GetRequiredValue(input));
            string? to = parsed.GetValue(output);
            QuantizationOptions options = types.QuantizationOptions(parsed) with
            {
                AllowRequantize = parsed.GetValue(requantize),
                LoggerFactory = ErrorLog.Factory,
            };
            if (parsed.GetValue(dryRun))
            {
                WritePlan(Terminal.Output, from, DiaQuantizer.Plan(from, options));
                return ExitCode.Success;
            }

            string path = to ?? throw new UsageException("there is no output: name the GGUF to write, or use --dry-run");
            await WriteProgress
                .ShowAsync(path, progress => DiaQuantizer.QuantizeAsync(from, path, options, progress, cancellationToken))
                .ConfigureAwait(false);
            Console.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{path}: {new FileInfo(path).Length / 1e6:F1} MB, from {new FileInfo(from).Length / 1e6:F1} MB"));
            return ExitCode.Success;
        });
        return command;
    }

    private static void WritePlan(IAnsiConsole console, string input, QuantizationPlan plan)
    {
        Table table = Terminal.Table(console, "tensors", "type", "count", "bytes");
        foreach (var group in plan.Tensors.GroupBy(tensor => (Name: NumberPattern().Replace(tensor.Name, ".*."), tensor.Type)))
        {
            table.AddRow(new Text(group.Key.Name), new Text(group.Key.Type), new Text($"{group.Count()}"), new Text(ByteCount.Exact(group.Sum(tensor => tensor.SizeInBytes))));
        }

        console.Write(table);
        console.WriteLine();
        TensorTotals.Write(console, plan.Tensors);
        console.WriteLine($"total: {ByteCount.Exact(plan.SizeInBytes)} bytes, from {ByteCount.Exact(new FileInfo(input).Length)}");
    }

    [GeneratedRegex(@"\.\d+\.")]
    private static partial Regex NumberPattern();
}
