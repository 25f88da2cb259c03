using System.Diagnostics;
using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>Command lines, texts and outputs that cannot be: one clear line, and nothing left behind.</summary>
[Collection(ToolGroup.Name)]
public sealed class BadArgumentTests(ConvertedModels models) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--temperature", "NaN", "Temperature")]
    [InlineData("--temperature", "-1", "Temperature")]
    [InlineData("--temperature", "Infinity", "Temperature")]
    [InlineData("--temperature", "warm", "--temperature")]
    [InlineData("--cfg-scale", "NaN", "GuidanceScale")]
    [InlineData("--top-p", "NaN", "TopP")]
    [InlineData("--top-p", "0", "TopP")]
    [InlineData("--top-p", "1.5", "TopP")]
    [InlineData("--top-k", "-1", "TopK")]
    [InlineData("--max-seconds", "NaN", "--max-seconds")]
    [InlineData("--max-seconds", "0", "--max-seconds")]
    [InlineData("--max-tokens", "0", "MaxNewTokens")]
    [InlineData("--max-tokens", "99999999999", "--max-tokens")]
    [InlineData("--max-length", "-5", "MaxLength")]
    [InlineData("--min-new-tokens", "-1", "MinNewTokens")]
    [InlineData("--threads", "0", "Threads")]
    [InlineData("--seed", "-1", "--seed")]
    [InlineData("--gpu-layers", "-1", "GpuLayerCount")]
    [InlineData("--max-memory", "lots", "--max-memory")]
    [InlineData("--max-memory", "0", "--max-memory")]
    [InlineData("--max-memory", "-2GB", "--max-memory")]
    [InlineData("--format", "mp3", "--format")]
    [InlineData("--colour", "red", "--colour")]
    public async Task Speak_OptionOutsideItsRange_IsNamed(string option, string value, string name) =>
        (await SpeakAsync("[S1] Hello.", option, value)).ShouldFailWith(2, name);

    [Fact]
    public async Task Speak_EmptyText_Fails() => (await SpeakAsync("")).ShouldFailWith(2, "empty");

    [Fact]
    public async Task Speak_NothingOnInput_Fails() => (await RunAsync(new ToolStart(["speak"]))).ShouldFailWith(2, "empty");

    [Fact]
    public async Task Speak_TextTooLong_NamesBothLengths() =>
        (await SpeakAsync("[S1] " + new string('a', 1100))).ShouldFailWith(2, "1024");

    [Fact]
    public async Task Speak_ControlCharacter_Fails() => (await SpeakAsync("[S1] Hello\u0001.")).ShouldFailWith(2);

    [Fact]
    public async Task Speak_TextTwice_Fails()
    {
        await File.WriteAllTextAsync(_folder.File("script.txt"), "[S1] Hello.");

        (await SpeakAsync("[S1] Hello.", "--file", _folder.File("script.txt"))).ShouldFailWith(2, "--file");
    }

    [Fact]
    public async Task Speak_MissingTextFile_Fails() =>
        (await RunAsync(new ToolStart(["speak", "--file", _folder.File("nowhere.txt")]))).ShouldFailWith(1, _folder.File("nowhere.txt"));

    [Fact]
    public async Task Speak_OutputInAMissingFolder_Fails()
    {
        string output = Path.Combine(_folder.FullPath, "nowhere", "speech.wav");

        (await RunAsync(new ToolStart(["speak", "[S1] Hello."]), output)).ShouldFailWith(1, output);
    }

    [Fact]
    public async Task Speak_OutputIsAFolder_Fails() =>
        (await RunAsync(new ToolStart(["speak", "[S1] Hello."]), _folder.FullPath)).ShouldFailWith(1, _folder.FullPath);

    [Fact]
    public async Task Convert_OutputInAMissingFolder_Fails()
    {
        string output = Path.Combine(_folder.FullPath, "nowhere", "model.gguf");
        GoldenSet set = GoldenSet.First;

        ToolResult result = await CommandLineTool.RunAsync("convert", set.ModelFolder, "--codec", set.CodecFolder, "--output", output);

        result.ShouldFailWith(1, output);
        Assert.Empty(_folder.Entries);
    }

    [SkippableTheory]
    [InlineData("convert")]
    [InlineData("speak")]
    public async Task DiskFull_LeavesNothingBehind(string command)
    {
        string disk = _folder.File("disk");
        Directory.CreateDirectory(disk);
        Skip.IfNot(OperatingSystem.IsLinux() && await Runs("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk), "a small disk cannot be mounted here");
        try
        {
            string output = Path.Combine(disk, "out");
            GoldenSet set = GoldenSet.First;
            ToolResult result = command == "convert"
                ? await CommandLineTool.RunAsync("convert", set.ModelFolder, "--codec", set.CodecFolder, "--output", output)
                : await RunAsync(new ToolStart(["speak", "[S1] Hello.", "--max-tokens", "150", "--min-new-tokens", "150", "--format", "float32"]), output);

            result.ShouldFailWith(1, output);
            Assert.Empty(Directory.EnumerateFileSystemEntries(disk));
        }
        finally
        {
            await Runs("umount", disk);
        }
    }

    [Theory]
    [InlineData("sing")]
    [InlineData("--colour")]
    public async Task UnknownCommandOrOption_IsNamed(string word) => (await CommandLineTool.RunAsync(word)).ShouldFailWith(2, word);

    private static async Task<bool> Runs(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    private async Task<ToolResult> SpeakAsync(params string[] arguments)
    {
        ToolResult result = await RunAsync(new ToolStart(["speak", .. arguments]));
        Assert.DoesNotContain("speech.wav", _folder.Entries);
        return result;
    }

    private async Task<ToolResult> RunAsync(ToolStart start, string? output = null)
    {
        string model = await models.GetAsync(GoldenSet.First);
        return await CommandLineTool.RunAsync(start with
        {
            Arguments = [.. start.Arguments, "--model", model, "--output", output ?? _folder.File("speech.wav")],
        });
    }
}
