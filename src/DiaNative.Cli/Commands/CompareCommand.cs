using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative compare</c>: how far a model is from the one it was made of.</summary>
internal static class CompareCommand
{
    internal static Command Create()
    {
        var reference = new Argument<string>("reference") { Description = "The model that speaks, and is taken to be right: a GGUF, or the name of a pulled model" };
        var candidate = new Argument<string>("candidate") { Description = "The model that is judged: a GGUF, or the name of a pulled model" };
        var scripts = ScriptFile.Option();
        var json = new Option<string?>("--json") { Description = "Write the measurements to this file" };
        var html = new Option<string?>("--html") { Description = "Write a page with plots to this file; it needs no other file" };
        var generation = new GenerationArguments();
        var command = new Command("compare", "Measures how far a model is from another one: tokens, distributions, logits, sound")
        {
            reference,
            candidate,
            scripts,
            json,
            html,
        };
        generation.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OutputFile.RequireGiven(parsed.GetValue(json), parsed.GetValue(html));
            IReadOnlyList<string> texts = await ScriptFile.ReadAsync(parsed.GetValue(scripts), cancellationToken).ConfigureAwait(false);
            using DiaModel right = DiaModel.Load(ModelChoice.Find(parsed.GetRequiredValue(reference)), generation.ModelOptions(parsed));
            using DiaModel judged = DiaModel.Load(ModelChoice.Find(parsed.GetRequiredValue(candidate)), generation.ModelOptions(parsed));
            GenerationOptions given = await generation.GenerationOptionsAsync(parsed, cancellationToken).ConfigureAwait(false);
            GenerationOptions spoken = given with { OnCancellation = CancellationBehavior.Throw };
            var options = new ComparisonOptions { Generation = spoken with { MaxNewTokens = spoken.MaxNewTokens ?? ComparisonOptions.DefaultMaxNewTokens } };
            ModelComparison comparison = await WorkProgress
                .ShowAsync("compare", progress => DiaComparison.CompareAsync(right, judged, texts, options, progress, cancellationToken))
                .ConfigureAwait(false);

            WriteTables(Terminal.Output, comparison);
            await OutputFile.WriteGivenAsync(parsed.GetValue(json), ComparisonReport.ToJson(comparison), cancellationToken).ConfigureAwait(false);
            await OutputFile.WriteGivenAsync(parsed.GetValue(html), ComparisonReport.ToHtml(comparison), cancellationToken).ConfigureAwait(false);
            return ExitCode.Success;
        });
        return command;
    }

    private static void WriteTables(IAnsiConsole console, ModelComparison comparison)
    {
        Table table = Terminal.Table(console, "channel", "tokens", "agreement", "mean KL", "largest KL");
        foreach (ChannelComparison channel in comparison.Channels.Append(comparison.Total))
        {
            table.AddRow(
                channel.Channel < 0 ? "all" : Invariant($"{channel.Channel}"),
                Invariant($"{channel.Positions}"),
                Invariant($"{channel.Agreement:P2}"),
                Invariant($"{channel.MeanDivergence:G4}"),
                Invariant($"{channel.MaxDivergence:G4}"));
        }

        console.Write(table);
        console.WriteLine();
        console.WriteLine(Invariant($"reference  {comparison.Reference}, {comparison.ReferenceSizeInBytes / 1e6:F1} MB"));
        console.WriteLine(Invariant($"candidate  {comparison.Candidate}, {comparison.CandidateSizeInBytes / 1e6:F1} MB"));
        console.WriteLine(Invariant($"logits     relative RMS {comparison.LogitsRelativeRms:G4}, largest error {comparison.LogitsMaxError:G4}"));
        console.WriteLine(Invariant($"sound      {(comparison.MelDistance is double distance ? Invariant($"mel distance {distance:F2} dB") : "not compared: a model has no codec")}"));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
