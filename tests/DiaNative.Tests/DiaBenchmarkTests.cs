using System.Text.Json;

namespace DiaNative.Tests;

public sealed class DiaBenchmarkTests
{
    [Fact]
    public async Task SynthesizeAsync_SameSeed_GivesTheSameFile()
    {
        using var folder = new TemporaryFolder();
        ByteProgress last = default;

        await DiaSynthesizer.SynthesizeAsync("tiny", folder.PathTo("a.gguf"), new SynthesisOptions { Seed = 5, ThreadCount = 2 }, new ImmediateProgress<ByteProgress>(report => last = report));
        DiaSynthesizer.Synthesize("tiny", folder.PathTo("b.gguf"), new SynthesisOptions { Seed = 5, WeightType = WeightType.BF16 });
        DiaSynthesizer.Synthesize("tiny", folder.PathTo("c.gguf"), new SynthesisOptions { Seed = 6 });

        Assert.Equal(1, last.Fraction);
        byte[] expected = await File.ReadAllBytesAsync(folder.PathTo("a.gguf"));
        Assert.Equal(expected, await File.ReadAllBytesAsync(folder.PathTo("b.gguf")));
        Assert.NotEqual(expected, await File.ReadAllBytesAsync(folder.PathTo("c.gguf")));
    }

    [Fact]
    public async Task RunAsync_TwoThreadCounts_ReportsBothAndCompletes()
    {
        var parts = new List<double>();
        var options = new BenchmarkOptions
        {
            Phases = BenchmarkPhases.Decode | BenchmarkPhases.Sample,
            Device = "cpu",
            ThreadCounts = [1, 2],
            Positions = [3],
            BatchSizes = [1],
            WarmUpCount = 0,
            RepetitionCount = 3,
            MaxDuration = TimeSpan.FromMinutes(1),
        };

        BenchmarkReport report = await DiaBenchmark.RunAsync([GoldenSet.Tiny.Model], options, new ImmediateProgress<double>(parts.Add));

        using JsonDocument json = JsonDocument.Parse(report.Json);
        JsonElement[] runs = [.. json.RootElement.GetProperty("runs").EnumerateArray()];
        Assert.Equal([1, 2], runs.Select(run => run.GetProperty("threads").GetInt32()));
        Assert.All(runs, run => Assert.Equal("CPU", run.GetProperty("device").GetString()));
        Assert.All(runs, run => Assert.Equal(
            ["decode", "sample"], run.GetProperty("measurements").EnumerateArray().Select(measurement => measurement.GetProperty("phase").GetString())));
        Assert.All(runs, run => Assert.All(
            run.GetProperty("measurements").EnumerateArray(), measurement => Assert.Equal(3, measurement.GetProperty("runs").GetInt32())));
        Assert.Contains("decode", report.Table, StringComparison.Ordinal);
        Assert.StartsWith("<svg", report.Plot, StringComparison.Ordinal);
        Assert.Equal(1, parts[^1]);
        Assert.Equal(parts.Order(), parts);
    }

    [Fact]
    public async Task RunAsync_Cancelled_Throws()
    {
        using var source = new CancellationTokenSource();
        var progress = new ImmediateProgress<double>(_ => source.Cancel());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => DiaBenchmark.RunAsync([GoldenSet.Tiny.Model], new BenchmarkOptions(), progress, source.Token));
    }

    [Fact]
    public void Run_UnknownDevice_NamesThoseThatThereAre() =>
        AssertThrows.Message<ArgumentException>(
            "\"Abacus7\", expected \"auto\" or one of: CPU", () => DiaBenchmark.Run([GoldenSet.Tiny.Model], new BenchmarkOptions { Device = "Abacus7" }));

    [Fact]
    public void Run_MissingFileOrNoPhase_Throws()
    {
        Assert.Throws<FileNotFoundException>(() => DiaBenchmark.Run(["no-such.gguf"]));
        Assert.Throws<ArgumentException>(() => DiaBenchmark.Run([GoldenSet.Tiny.Model], new BenchmarkOptions { Phases = BenchmarkPhases.None }));
        Assert.Throws<ArgumentException>(() => DiaSynthesizer.Synthesize("huge", "unused.gguf"));
    }

    [Fact]
    public void Options_OutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BenchmarkOptions { Positions = [-1] });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BenchmarkOptions { BatchSizes = [0] });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BenchmarkOptions { ThreadCounts = [0] });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BenchmarkOptions { RepetitionCount = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BenchmarkOptions { WarmUpCount = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BenchmarkOptions { MaxDuration = TimeSpan.Zero });
    }
}
