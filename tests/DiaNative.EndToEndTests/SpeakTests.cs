using System.Diagnostics;
using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>Where the text comes from, what the options do, and what is printed.</summary>
[Collection(ToolGroup.Name)]
public sealed class SpeakTests(ConvertedModels models) : IDisposable
{
    private const string Text = "[S1] Good morning. [S2] Good evening.";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Speak_TextFromArgumentFileOrInput_GivesTheSameBytes()
    {
        string file = _folder.File("script.txt");
        await File.WriteAllTextAsync(file, Text + "\n");

        byte[] argument = await SpeakAsync(new ToolStart([Text]));
        byte[] fromFile = await SpeakAsync(new ToolStart(["--file", file]));
        byte[] fromInput = await SpeakAsync(new ToolStart([]) { Input = Text + "\n" });

        Assert.Equal(argument, fromFile);
        Assert.Equal(argument, fromInput);
    }

    [Fact]
    public async Task Speak_SameSeed_SameBytesForAnyThreads()
    {
        // Few steps: threads that outnumber the cores wait for each other at every operation.
        byte[] one = await SpeakAsync(new ToolStart([Text, "--threads", "1"]), maxTokens: "30");
        byte[] two = await SpeakAsync(new ToolStart([Text, "--threads", "2"]), maxTokens: "30");
        byte[] four = await SpeakAsync(new ToolStart([Text, "--threads", "4"]), maxTokens: "30");

        Assert.Equal(one, two);
        Assert.Equal(one, four);
    }

    [Fact]
    public async Task Speak_MaxMemory_RefusesWithTheNumbersOrChangesNothing()
    {
        string model = await models.GetAsync(GoldenSet.First);
        string output = _folder.File("limited.wav");

        ToolResult refused = await CommandLineTool.RunAsync("speak", Text, "--model", model, "--output", output, "--max-memory", "1.5MB");

        refused.ShouldFailWith(1, "max_memory is 1.50 MB", "of weights");
        Assert.False(File.Exists(output));
        Assert.Equal(await SpeakAsync(new ToolStart([Text])), await SpeakAsync(new ToolStart([Text, "--max-memory", "16 GiB"])));
    }

    [Fact]
    public async Task Speak_OtherSeed_OtherBytes()
    {
        byte[] seven = await SpeakAsync(new ToolStart([Text]));
        byte[] eight = await SpeakAsync(new ToolStart([Text]), seed: "8");

        Assert.NotEqual(seven, eight);
    }

    [Fact]
    public async Task Speak_WithoutSeed_PrintsOneThatRepeatsTheResult()
    {
        string model = await models.GetAsync(GoldenSet.First);
        string[] common = ["speak", Text, "--model", model, "--max-tokens", "60", "--output"];
        ToolResult drawn = (await CommandLineTool.RunAsync([.. common, _folder.File("drawn.wav")])).ShouldSucceed();
        string seed = SeedIn(drawn.Output);

        (await CommandLineTool.RunAsync([.. common, _folder.File("again.wav"), "--seed", seed])).ShouldSucceed();

        Assert.Equal(await File.ReadAllBytesAsync(_folder.File("drawn.wav")), await File.ReadAllBytesAsync(_folder.File("again.wav")));
    }

    [Theory]
    [InlineData("pcm16", 1, 16)]
    [InlineData("pcm24", 1, 24)]
    [InlineData("float32", 3, 32)]
    public async Task Speak_Format_IsThatOfTheFile(string name, int format, int bits)
    {
        await SpeakAsync(new ToolStart([Text, "--format", name]));

        WavFile wav = WavFile.Read(_folder.File("speech.wav"));
        Assert.Equal((format, bits), (wav.Format, wav.BitsPerSample));
    }

    [Fact]
    public async Task Speak_MaxSeconds_EndsThere()
    {
        await SpeakAsync(new ToolStart([Text, "--max-seconds", "0.5", "--min-new-tokens", "3000"]), maxTokens: null);

        WavFile wav = WavFile.Read(_folder.File("speech.wav"));
        // The model's channels end up to the largest delay apart, so the last frames are few.
        Assert.InRange((double)wav.SampleCount / wav.SampleRate, 0.4, 0.5);
    }

    [Fact]
    public async Task Speak_TooFewTokensForAFrame_GivesAnEmptyFile()
    {
        await SpeakAsync(new ToolStart([Text]), maxTokens: "10");

        Assert.Equal(0, WavFile.Read(_folder.File("speech.wav")).SampleCount);
    }

    [Fact]
    public async Task Speak_ToAPipe_PrintsNoTerminalCodes()
    {
        string model = await models.GetAsync(GoldenSet.First);
        ToolResult result = (await CommandLineTool.RunAsync(
            "speak", Text, "--model", model, "--max-tokens", "60", "--output", _folder.File("speech.wav"))).ShouldSucceed();

        Assert.DoesNotContain('\u001b', result.Output + result.Error);
        Assert.Contains(_folder.File("speech.wav"), result.Output, StringComparison.Ordinal);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public async Task Speak_ExistingOutput_IsReplaced()
    {
        await File.WriteAllTextAsync(_folder.File("speech.wav"), "old");

        await SpeakAsync(new ToolStart([Text]));

        Assert.True(WavFile.Read(_folder.File("speech.wav")).SampleCount > 0);
        Assert.Equal(["speech.wav"], _folder.Entries);
    }

    [Fact]
    public async Task Speak_OutputIsADash_WritesTheSamplesOfTheFileToStandardOutput()
    {
        await SpeakAsync(new ToolStart([Text]));
        string model = await models.GetAsync(GoldenSet.First);
        string[] arguments = ["speak", Text, "--model", model, "--seed", "7", "--max-tokens", "60", "--output", "-"];
        using Process tool = CommandLineTool.Start(new ToolStart(arguments));
        using var output = new MemoryStream();

        await tool.StandardOutput.BaseStream.CopyToAsync(output);
        string error = await tool.StandardError.ReadToEndAsync();
        await tool.WaitForExitAsync();

        Assert.Equal(0, tool.ExitCode);
        Assert.Contains("seed 7", error, StringComparison.Ordinal);
        Assert.Equal(WavFile.Read(_folder.File("speech.wav")).Data.ToArray(), output.ToArray()[44..]);
    }

    [Fact]
    public async Task Speak_MaxTime_KeepsWhatIsSpoken()
    {
        string model = await models.GetAsync(GoldenSet.First);

        ToolResult result = (await CommandLineTool.RunAsync(
            "speak", Text, "--model", model, "--max-time", "0.5", "--max-tokens", "100000", "--min-new-tokens", "100000", "--output",
            _folder.File("speech.wav"))).ShouldSucceed();

        Assert.Contains("ended by the time limit", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Speak_GenerationConfig_IsRead()
    {
        string config = _folder.File("generation_config.json");
        await File.WriteAllTextAsync(config, """{ "do_sample": true, "max_new_tokens": 40, "repetition_penalty": 1.2 }""");

        byte[] fromFile = await SpeakAsync(new ToolStart([Text, "--generation-config", config]), maxTokens: null);
        byte[] fromOptions = await SpeakAsync(new ToolStart([Text, "--repetition-penalty", "1.2"]), maxTokens: "40");

        Assert.Equal(fromOptions, fromFile);
        await File.WriteAllTextAsync(config, """{ "num_beams": 4 }""");
        string model = await models.GetAsync(GoldenSet.First);
        ToolResult refused = await CommandLineTool.RunAsync("speak", Text, "--model", model, "--generation-config", config);
        refused.ShouldFailWith(2, "num_beams = 4", "beam search");
    }

    private static string SeedIn(string output)
    {
        const string Label = "seed ";
        int start = output.IndexOf(Label, StringComparison.Ordinal);
        Assert.True(start >= 0, $"no seed in: {output}");
        return new string([.. output[(start + Label.Length)..].TakeWhile(char.IsAsciiDigit)]);
    }

    private async Task<byte[]> SpeakAsync(ToolStart start, string seed = "7", string? maxTokens = "60")
    {
        string output = _folder.File("speech.wav");
        string model = await models.GetAsync(GoldenSet.First);
        string[] limit = maxTokens is null ? [] : ["--max-tokens", maxTokens];
        ToolResult result = await CommandLineTool.RunAsync(start with
        {
            Arguments = ["speak", .. start.Arguments, "--model", model, "--output", output, "--seed", seed, .. limit],
        });
        result.ShouldSucceed();
        return await File.ReadAllBytesAsync(output);
    }
}
