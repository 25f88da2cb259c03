using System.CommandLine;
using System.Globalization;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative bench</c>: how fast models run on this machine.</summary>
internal static class BenchCommand
{
    private const string DefaultPreset = "dia-1.6b";
    private const int MostSeconds = 1_000_000;

    private static readonly Dictionary<string, BenchmarkPhases> s_phases = new()
    {
        ["load"] = BenchmarkPhases.Load,
        ["encode"] = BenchmarkPhases.Encode,
        ["prefill"] = BenchmarkPhases.Prefill,
        ["decode"] = BenchmarkPhases.Decode,
        ["sample"] = BenchmarkPhases.Sample,
        ["codec"] = BenchmarkPhases.Codec,
        ["first-audio"] = BenchmarkPhases.FirstAudio,
        ["total"] = BenchmarkPhases.Total,
    };

    internal static Command Create()
    {
        var models = new Argument<string[]>("models") { Description = "The models to measure, GGUF files or names of pulled models; without, one of random weights is made", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> synthetic = List("--synthetic", $"Measure models of random weights: {DefaultPreset} (the default without a model), overhead (18 narrow layers), tiny");
        Option<string?> types = List("--type", "Types of their matrices, as of 'dianative convert'; default q8_0");
        var codecType = new Option<string>("--codec-type") { Description = "Type of their convolutions", DefaultValueFactory = _ => "f32" };
        codecType.AcceptOnlyFromAmong("f32", "f16");
        var folder = new Option<string>("--folder") { Description = "Where they are kept from one time to the next", DefaultValueFactory = _ => "." };
        Option<string?> phases = List("--phases", $"What to measure: {string.Join(", ", s_phases.Keys)}; default all but total");
        var device = new Option<string?>("--device")
        {
            Description = "What to measure: a name that 'dianative --version' lists, or auto for the first GPU, if there is one; default CPU",
            HelpName = "name",
        };
        Option<string?> threads = List("--threads", "CPU threads; default the physical cores, fewer for a small model");
        Option<string?> batches = List("--batches", "Rows of a step; default 1,8");
        Option<string?> positions = List("--positions", "Where steps are measured; default 0,64,430,512,860,1720,2600,3000");
        var warmUp = new Option<int>("--warm-up") { Description = "Runs before those that count, 0 to 1000", DefaultValueFactory = _ => new BenchmarkOptions().WarmUpCount };
        var repetitions = new Option<int>("--repetitions") { Description = "Most runs that count, 1 to 1000", DefaultValueFactory = _ => new BenchmarkOptions().RepetitionCount };
        var seconds = new Option<double>("--seconds")
        {
            Description = "Seconds after which no further run of a measurement begins",
            DefaultValueFactory = _ => new BenchmarkOptions().MaxDuration.TotalSeconds,
        };
        var json = new Option<string?>("--json") { Description = "Write the measurements to this file" };
        var plot = new Option<string?>("--plot") { Description = "Write the time of a step against the position to this SVG file" };
        var command = new Command("bench", "Measures how fast models run here, beside what the device can do")
        {
            models, synthetic, types, codecType, folder, phases, device, threads, batches, positions, warmUp, repetitions, seconds, json, plot,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OutputFile.RequireGiven(parsed.GetValue(json), parsed.GetValue(plot));
            var defaults = new BenchmarkOptions();
            double limit = parsed.GetValue(seconds);
            var options = new BenchmarkOptions
            {
                Phases = parsed.GetValue(phases) is string names ? Split(names).Aggregate(BenchmarkPhases.None, (sum, name) => sum | PhaseOf(name)) : defaults.Phases,
                Device = parsed.GetValue(device),
                ThreadCounts = Numbers(parsed, threads) ?? defaults.ThreadCounts,
                BatchSizes = Numbers(parsed, batches) ?? defaults.BatchSizes,
                Positions = Numbers(parsed, positions) ?? defaults.Positions,
                WarmUpCount = parsed.GetValue(warmUp),
                RepetitionCount = parsed.GetValue(repetitions),
                MaxDuration = limit is > 0 and < MostSeconds
                    ? TimeSpan.FromSeconds(limit)
                    : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--seconds is {limit}, expected more than 0 and less than {MostSeconds}")),
            };
            List<string> paths = [.. (parsed.GetValue(models) ?? []).Select(ModelChoice.Find)];
            string[] presets = parsed.GetValue(synthetic) is string given ? Split(given) : paths.Count == 0 ? [DefaultPreset] : [];
            foreach (string preset in presets)
            {
                foreach (string type in Split(parsed.GetValue(types) ?? "q8_0"))
                {
                    paths.Add(await SynthesizedAsync(preset, type, parsed.GetRequiredValue(codecType), parsed.GetRequiredValue(folder), cancellationToken).ConfigureAwait(false));
                }
            }

            BenchmarkReport report = await WorkProgress
                .ShowAsync("bench", progress => DiaBenchmark.RunAsync(paths, options, progress, cancellationToken))
                .ConfigureAwait(false);
            await Console.Out.WriteAsync(report.Table).ConfigureAwait(false);
            await OutputFile.WriteGivenAsync(parsed.GetValue(json), report.Json, cancellationToken).ConfigureAwait(false);
            await OutputFile.WriteGivenAsync(parsed.GetValue(plot), report.Plot, cancellationToken).ConfigureAwait(false);
            return ExitCode.Success;
        });
        return command;
    }

    // The file of a model of random weights, made if it is not there yet.
    private static async Task<string> SynthesizedAsync(string preset, string type, string codecType, string folder, CancellationToken cancellationToken)
    {
        (WeightType weightType, WeightMix mix) = TypeArguments.Parse(type, "--type");
        (WeightType codecWeightType, _) = TypeArguments.Parse(codecType, "--codec-type");
        string path = Path.Combine(folder, $"synthetic-{preset}-{type}-{codecType}.gguf");
        if (!File.Exists(path))
        {
            var options = new SynthesisOptions { WeightType = weightType, Mix = mix, CodecWeightType = codecWeightType };
            await WriteProgress
                .ShowAsync(path, progress => DiaSynthesizer.SynthesizeAsync(preset, path, options, progress, cancellationToken))
                .ConfigureAwait(false);
        }

        return path;
    }

    private static Option<string?> List(string name, string description) => new(name) { Description = $"{description}; several with commas between them" };

    private static string[] Split(string text) => text.Split(',');

    private static BenchmarkPhases PhaseOf(string name) =>
        s_phases.TryGetValue(name, out BenchmarkPhases phase)
            ? phase
            : throw new UsageException($"--phases names '{name}', expected one of {string.Join(", ", s_phases.Keys)}");

    private static int[]? Numbers(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is string text
            ? [.. Split(text).Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? number
                : throw new UsageException($"{option.Name} has '{part}', expected a whole number"))]
            : null;
}
