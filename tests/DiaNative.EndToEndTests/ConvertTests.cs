using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>Checkpoints become files.</summary>
public sealed class ConvertTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Targets()
    {
        var targets = new TheoryData<string, string>();
        foreach (GoldenSet set in GoldenSet.All)
        {
            foreach (string type in (string[])["auto", "f32", "bf16", "q8_0", "q5_k_m", "q4_0"])
            {
                targets.Add(set.Folder, type);
            }
        }

        return targets;
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Convert_EveryType_GivesAFileThatSpeaks(string folder, string type)
    {
        var set = new GoldenSet(folder);
        string model = _folder.File("model.gguf");
        ToolResult converted = await CommandLineTool.RunAsync(
            "convert", set.ModelFolder, "--codec", set.CodecFolder, "--type", type, "--output", model);
        converted.ShouldSucceed();
        Assert.Contains(model, converted.Output, StringComparison.Ordinal);
        Assert.Equal(["model.gguf"], _folder.Entries);

        ToolResult spoken = await CommandLineTool.RunAsync(
            "speak", "[S1] Hello.", "--model", model, "--greedy", "--max-tokens", "40", "--output", _folder.File("speech.wav"));
        spoken.ShouldSucceed();
        Assert.True(WavFile.Read(_folder.File("speech.wav")).SampleCount > 0);
    }

    [Fact]
    public async Task Convert_Twice_GivesTheSameBytes()
    {
        GoldenSet set = GoldenSet.First;
        foreach (string name in (string[])["one.gguf", "two.gguf"])
        {
            (await CommandLineTool.RunAsync(
                "convert", set.ModelFolder, "--codec", set.CodecFolder, "--output", _folder.File(name))).ShouldSucceed();
        }

        Assert.Equal(await File.ReadAllBytesAsync(_folder.File("one.gguf")), await File.ReadAllBytesAsync(_folder.File("two.gguf")));
    }

    [Fact]
    public async Task Convert_CodecFolderInsideTheModel_IsFoundByItself()
    {
        GoldenSet set = GoldenSet.First;
        string checkpoint = _folder.CopyOf(set.ModelFolder);
        string codec = _folder.CopyOf(set.CodecFolder);
        Directory.Move(codec, Path.Combine(checkpoint, "dac"));

        (await CommandLineTool.RunAsync("convert", checkpoint, "--output", _folder.File("model.gguf"))).ShouldSucceed();

        ToolResult info = (await CommandLineTool.RunAsync("info", _folder.File("model.gguf"))).ShouldSucceed();
        Assert.Contains("dac.", info.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("ttscpp")]
    public async Task Convert_OneOfItsOwnFilesAsTtsCpps_SaysThatItNeedsNone(string format)
    {
        GoldenSet set = GoldenSet.First;
        string model = _folder.File("model.gguf");
        (await CommandLineTool.RunAsync("convert", set.ModelFolder, "--codec", set.CodecFolder, "--output", model)).ShouldSucceed();

        ToolResult again = await CommandLineTool.RunAsync("convert", model, "--from", format, "--output", _folder.File("again.gguf"));

        again.ShouldFailWith(1, "needs no conversion");
        Assert.Equal(["model.gguf"], _folder.Entries);
    }

    [Fact]
    public async Task Convert_TtsCppWithoutItsCodec_IsRefused() =>
        (await CommandLineTool.RunAsync("convert", "dia.gguf", "--from", "ttscpp", "--no-codec")).ShouldFailWith(2, "--no-codec");
}
