using System.Text.Json;
using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>The embedded model.</summary>
public sealed class DemoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Demo_WritesAFileAndSaysWhatItIs()
    {
        string output = _folder.File("hello.wav");
        using JsonDocument card = JsonDocument.Parse(
            await File.ReadAllBytesAsync(Path.Combine(CommandLineTool.EmbeddedModelFolder, "default.json")));

        ToolResult result = (await CommandLineTool.RunAsync("demo", "--output", output)).ShouldSucceed();

        Assert.True(WavFile.Read(output).SampleCount > 0);
        Assert.Contains(output, result.Output, StringComparison.Ordinal);
        Assert.Contains(card.RootElement.GetProperty("name").GetString()!, result.Output, StringComparison.Ordinal);
        Assert.Contains(card.RootElement.GetProperty("text").GetString()!, result.Output, StringComparison.Ordinal);
        Assert.Contains("dianative pull", result.Output, StringComparison.Ordinal);
        Assert.Equal(!card.RootElement.GetProperty("trained").GetBoolean(), result.Output.Contains("noise", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Demo_Twice_GivesTheSameBytes()
    {
        (await CommandLineTool.RunAsync("demo", "--output", _folder.File("one.wav"))).ShouldSucceed();
        (await CommandLineTool.RunAsync("demo", "--output", _folder.File("two.wav"))).ShouldSucceed();

        Assert.Equal(await File.ReadAllBytesAsync(_folder.File("one.wav")), await File.ReadAllBytesAsync(_folder.File("two.wav")));
    }

    [Fact]
    public void EmbeddedModel_IsSmall()
    {
        long bytes = new FileInfo(Path.Combine(CommandLineTool.EmbeddedModelFolder, "default.gguf")).Length;

        Assert.InRange(bytes, 1, 10_000_000);
    }
}
