using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>What the benchmark tells; not how fast anything is.</summary>
public sealed class BenchTests : IDisposable
{
    private static readonly string[] s_short = ["--repetitions", "2", "--seconds", "0.001", "--threads", "1"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Bench_Synthetic_TellsOfEveryPhaseAndKeepsTheModel()
    {
        string[] arguments =
        [
            "bench", "--synthetic", "tiny", "--type", "q4_k_m", "--folder", _folder.FullPath, "--positions", "0,64,300", "--batches", "1,2",
            "--phases", "load,encode,prefill,decode,sample,codec,first-audio,total",
            "--json", _folder.File("bench.json"), "--plot", _folder.File("bench.svg"), .. s_short,
        ];

        ToolResult result = (await CommandLineTool.RunAsync(arguments)).ShouldSucceed();

        Assert.Equal(["bench.json", "bench.svg", "synthetic-tiny-q4_k_m-f32.gguf"], _folder.Entries.Order(StringComparer.Ordinal));
        using JsonDocument json = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.File("bench.json")));
        JsonElement root = json.RootElement;
        Assert.NotEqual("", root.GetProperty("commit").GetString());
        Assert.True(DateTimeOffset.TryParse(root.GetProperty("time").GetString(), CultureInfo.InvariantCulture, out _));
        Assert.True(root.GetProperty("machine").GetProperty("cores").GetInt32() > 0);
        JsonElement run = Assert.Single(root.GetProperty("runs").EnumerateArray());
        Assert.Equal("CPU", run.GetProperty("device").GetString());
        Assert.Equal(1, run.GetProperty("threads").GetInt32());
        Assert.True(run.GetProperty("read_bandwidth").GetProperty("gb_per_second").GetDouble() > 0);
        Assert.Contains(run.GetProperty("matrix_products").EnumerateArray(), product => product.GetProperty("type").GetString() == "q4_K");
        JsonElement[] measurements = [.. run.GetProperty("measurements").EnumerateArray()];
        Assert.Equal(
            [
                "load", "encode", "prefill", "decode 1 0", "decode 1 64", "decode 1 300", "decode 2 512", "sample", "first audio", "total", "decode audio",
                "decode audio, stock operators", "encode audio",
            ],
            measurements.Select(Name));
        Assert.All(measurements, measurement =>
        {
            Assert.InRange(measurement.GetProperty("median_ms").GetDouble(), measurement.GetProperty("min_ms").GetDouble(), measurement.GetProperty("max_ms").GetDouble());
            Assert.Contains(Name(measurement).Split(' ')[0], result.Output, StringComparison.Ordinal);
        });
        Assert.All(
            measurements.Where(measurement => measurement.GetProperty("phase").GetString() is not ("load" or "sample" or "total")),
            measurement => Assert.True(measurement.GetProperty("ratio").GetDouble() > 0));
        Assert.Equal("svg", XDocument.Load(_folder.File("bench.svg")).Root!.Name.LocalName);

        DateTime written = File.GetLastWriteTimeUtc(_folder.File("synthetic-tiny-q4_k_m-f32.gguf"));
        (await CommandLineTool.RunAsync(["bench", "--synthetic", "tiny", "--type", "q4_k_m", "--folder", _folder.FullPath, "--phases", "load", .. s_short])).ShouldSucceed();
        Assert.Equal(written, File.GetLastWriteTimeUtc(_folder.File("synthetic-tiny-q4_k_m-f32.gguf")));
    }

    [Fact]
    public async Task Bench_FilesAndThreads_MeasuresEach()
    {
        string model = Path.Combine(CommandLineTool.EmbeddedModelFolder, "default.gguf");

        (await CommandLineTool.RunAsync("bench", model, "--threads", "1,2", "--phases", "sample", "--seconds", "0.001", "--json", _folder.File("bench.json"))).ShouldSucceed();

        using JsonDocument json = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.File("bench.json")));
        Assert.Equal([1, 2], json.RootElement.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("threads").GetInt32()));
    }

    [Theory]
    [InlineData("--synthetic", "huge", "dia-1.6b, overhead, tiny")]
    [InlineData("--type", "q3", "'q3'")]
    [InlineData("--phases", "load,all", "'all'")]
    [InlineData("--positions", "1,x", "'x'")]
    [InlineData("--positions", "2000000", "Positions")]
    [InlineData("--batches", "0", "BatchSizes")]
    [InlineData("--threads", "0", "ThreadCounts")]
    [InlineData("--repetitions", "0", "RepetitionCount")]
    [InlineData("--seconds", "0", "--seconds")]
    [InlineData("--seconds", "2000000", "less than 1000000")]
    public async Task Bench_BadOption_IsNamed(string option, string value, string named) =>
        (await CommandLineTool.RunAsync(["bench", "--folder", _folder.FullPath, option, value])).ShouldFailWith(2, named);

    [Fact]
    public async Task Bench_UnknownDevice_IsNamedBesideThoseThatThereAre() =>
        (await CommandLineTool.RunAsync("bench", Path.Combine(CommandLineTool.EmbeddedModelFolder, "default.gguf"), "--device", "Abacus7"))
            .ShouldFailWith(2, "Abacus7", "CPU");

    [Fact]
    public async Task Bench_MissingFile_IsNamed() => (await CommandLineTool.RunAsync("bench", "no-such.gguf")).ShouldFailWith(1, "no-such.gguf");

    [Theory]
    [InlineData("--json")]
    [InlineData("--plot")]
    public async Task Bench_OutputInNoFolder_FailsBeforeItMeasures(string option) =>
        (await CommandLineTool.RunAsync("bench", "no-such.gguf", option, _folder.File("missing/x"))).ShouldFailWith(1, "there is no folder");

    private static string Name(JsonElement measurement) =>
        measurement.TryGetProperty("position", out JsonElement position)
            ? $"{measurement.GetProperty("phase")} {measurement.GetProperty("batch_size")} {position}"
            : measurement.GetProperty("phase").GetString()!;
}
