using System.Globalization;
using System.Text.Json;
using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>A file becomes a smaller one that still speaks.</summary>
public sealed class QuantizeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Model => Path.Combine(CommandLineTool.EmbeddedModelFolder, "default.gguf");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("q8_0")]
    [InlineData("q4_k_m")]
    [InlineData("iq4_nl")]
    public async Task Quantize_Type_GivesASmallerFileThatSpeaks(string type)
    {
        string small = _folder.File("small.gguf");

        ToolResult quantized = (await CommandLineTool.RunAsync("quantize", Model, small, "--type", type, "--threads", "1")).ShouldSucceed();

        Assert.Contains(small, quantized.Output, StringComparison.Ordinal);
        Assert.Equal(["small.gguf"], _folder.Entries);
        Assert.True(new FileInfo(small).Length < new FileInfo(Model).Length);
        (await CommandLineTool.RunAsync(
            "speak", "[S1] I would like some tea.", "--model", small, "--seed", "1", "--max-tokens", "60", "--output", _folder.File("speech.wav"))).ShouldSucceed();
        Assert.True(WavFile.Read(_folder.File("speech.wav")).SampleCount > 0);
    }

    [Fact]
    public async Task Quantize_DryRun_TellsTheRealSizeAndWritesNothing()
    {
        string[] options = ["--type", "q4_k_m", "--codec-type", "f16", "--tensor-type", "decoder.*.mlp.*=q8_0"];

        ToolResult dry = (await CommandLineTool.RunAsync(["quantize", Model, "--dry-run", .. options])).ShouldSucceed();

        Assert.Empty(_folder.Entries);
        (await CommandLineTool.RunAsync(["quantize", Model, _folder.File("small.gguf"), .. options])).ShouldSucceed();
        string size = new FileInfo(_folder.File("small.gguf")).Length.ToString("N0", CultureInfo.InvariantCulture);
        Assert.Contains($"total: {size} bytes", dry.Output, StringComparison.Ordinal);
        Assert.Contains("dia.dec.blk.*.ffn_down.weight", dry.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("q4_9", "--type")]
    [InlineData("f17", "--type")]
    public async Task Quantize_UnknownType_IsNamed(string type, string name) =>
        (await CommandLineTool.RunAsync("quantize", Model, _folder.File("x.gguf"), "--type", type)).ShouldFailWith(2, name);

    [Theory]
    [InlineData("output")]
    [InlineData("=q8_0")]
    [InlineData("output=q3")]
    [InlineData("output=auto")]
    public async Task Quantize_BadTensorType_IsNamed(string text) =>
        (await CommandLineTool.RunAsync("quantize", Model, _folder.File("x.gguf"), "--tensor-type", text)).ShouldFailWith(2, $"'{text}'");

    [Fact]
    public async Task Quantize_PatternOfNoTensor_IsNamed() =>
        (await CommandLineTool.RunAsync("quantize", Model, _folder.File("x.gguf"), "--tensor-type", "no.such=q8_0")).ShouldFailWith(2, "no.such");

    [Fact]
    public async Task Quantize_OutputIsInput_IsRefusedAndKept()
    {
        string copy = _folder.File("model.gguf");
        File.Copy(Model, copy);

        (await CommandLineTool.RunAsync("quantize", copy, copy, "--type", "q8_0")).ShouldFailWith(2, "the input");

        Assert.Equal(await File.ReadAllBytesAsync(Model), await File.ReadAllBytesAsync(copy));
    }

    [Fact]
    public async Task Quantize_NoOutput_Fails() => (await CommandLineTool.RunAsync("quantize", Model)).ShouldFailWith(2, "--dry-run");

    [Fact]
    public async Task Quantize_TruncatedFile_FailsAndLeavesNothing()
    {
        string broken = _folder.File("broken.gguf");
        await File.WriteAllBytesAsync(broken, (await File.ReadAllBytesAsync(Model))[..100_000]);

        (await CommandLineTool.RunAsync("quantize", broken, _folder.File("x.gguf"), "--type", "q8_0")).ShouldFailWith(1, "broken.gguf");

        Assert.Equal(["broken.gguf"], _folder.Entries);
    }

    [Fact]
    public async Task Quantize_QuantizedFile_NeedsLeave()
    {
        (await CommandLineTool.RunAsync("quantize", Model, _folder.File("q8.gguf"), "--type", "q8_0")).ShouldSucceed();

        (await CommandLineTool.RunAsync("quantize", _folder.File("q8.gguf"), _folder.File("q4.gguf"), "--type", "q4_0")).ShouldFailWith(2, "q8_0 already");
        (await CommandLineTool.RunAsync(
            "quantize", _folder.File("q8.gguf"), _folder.File("q4.gguf"), "--type", "q4_0", "--allow-requantize")).ShouldSucceed();
    }

    [Fact]
    public async Task Imatrix_OwnScripts_IsUsedByQuantize()
    {
        string importance = _folder.File("demo.imatrix");
        await File.WriteAllTextAsync(_folder.File("scripts.txt"), "[S1] Hello, world.\n\n[S2] This is a test.\n");

        ToolResult measured = (await CommandLineTool.RunAsync(
            "imatrix", importance, "--scripts", _folder.File("scripts.txt"), "--max-tokens", "40", "--threads", "1")).ShouldSucceed();

        Assert.Contains("2 scripts", measured.Output, StringComparison.Ordinal);
        (await CommandLineTool.RunAsync("quantize", Model, _folder.File("weighted.gguf"), "--type", "q4_0", "--imatrix", importance)).ShouldSucceed();
        (await CommandLineTool.RunAsync("quantize", Model, _folder.File("plain.gguf"), "--type", "q4_0")).ShouldSucceed();
        Assert.NotEqual(await File.ReadAllBytesAsync(_folder.File("plain.gguf")), await File.ReadAllBytesAsync(_folder.File("weighted.gguf")));
        (await CommandLineTool.RunAsync("quantize", Model, _folder.File("x.gguf"), "--type", "q4_0", "--imatrix", Model)).ShouldFailWith(1, "not an importance matrix");
    }

    [Fact]
    public async Task Imatrix_DeviceOrOutputInNoFolder_IsRefused()
    {
        (await CommandLineTool.RunAsync("imatrix", _folder.File("x.imatrix"), "--device", "CPU")).ShouldFailWith(2, "--device");
        (await CommandLineTool.RunAsync("imatrix", _folder.File("missing/x.imatrix"))).ShouldFailWith(1, "there is no folder");
        (await CommandLineTool.RunAsync("compare", Model, Model, "--html", _folder.File("missing/x.html"))).ShouldFailWith(1, "there is no folder");
    }

    [Fact]
    public async Task Imatrix_NoScripts_Fails()
    {
        await File.WriteAllTextAsync(_folder.File("scripts.txt"), "\n");

        (await CommandLineTool.RunAsync("imatrix", _folder.File("x.imatrix"), "--scripts", _folder.File("scripts.txt"))).ShouldFailWith(2, "no scripts");
        (await CommandLineTool.RunAsync("imatrix", _folder.File("x.imatrix"), "--scripts", _folder.File("missing.txt"))).ShouldFailWith(1, "missing.txt");
    }

    [Fact]
    public async Task Compare_QuantizedModel_PrintsATableAndWritesReports()
    {
        string small = _folder.File("small.gguf");
        await File.WriteAllTextAsync(_folder.File("scripts.txt"), "[S1] Hello, <world>.\n");
        (await CommandLineTool.RunAsync("quantize", Model, small, "--type", "q8_0")).ShouldSucceed();

        ToolResult compared = (await CommandLineTool.RunAsync(
            "compare", Model, small, "--scripts", _folder.File("scripts.txt"), "--max-tokens", "60", "--threads", "1",
            "--json", _folder.File("report.json"), "--html", _folder.File("report.html"))).ShouldSucceed();

        Assert.Contains("agreement", compared.Output, StringComparison.Ordinal);
        Assert.Contains("mel distance", compared.Output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.File("report.json")));
        Assert.InRange(json.RootElement.GetProperty("total").GetProperty("agreement").GetDouble(), 0.5, 1);
        string html = await File.ReadAllTextAsync(_folder.File("report.html"));
        Assert.Contains("<svg", html, StringComparison.Ordinal);
        Assert.Contains("&lt;world&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_MissingFile_IsNamed() =>
        (await CommandLineTool.RunAsync("compare", Model, _folder.File("missing.gguf"))).ShouldFailWith(1, "missing.gguf");
}
