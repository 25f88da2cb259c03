using System.Diagnostics;
using System.Globalization;
using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>Ctrl-C and a termination signal.</summary>
[Collection(ToolGroup.Name)]
public sealed class CancellationTests(ConvertedModels models)
{
    [SkippableTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Speak_Signalled_KeepsWhatWasSpoken(string signal)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals that one process sends to another");
        Skip.If(signal == "INT" && IgnoresInterrupts(), "the tests were started in the background of a shell, where programs ignore SIGINT");
        using var folder = new TemporaryFolder();
        string output = folder.File("speech.wav");
        string model = await models.GetAsync(GoldenSet.First);

        using Process process = CommandLineTool.Start(new ToolStart(
        [
            "speak", "[S1] This goes on and on.", "--model", model, "--output", output,
            "--min-new-tokens", "3000", "--seed", "1", "--threads", "1", "--progress", "plain",
        ]));
        // On a thread of its own: the speech takes seconds, which a turn among the other tests can take, too.
        await Task.Factory.StartNew(
            () =>
            {
                WaitForASecondOfAudio(process);
                Send(signal, process);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        ToolResult result = await CommandLineTool.FinishAsync(process);

        Assert.True(result.ExitCode == 130, $"expected exit code 130: {result}");
        Assert.Contains("cancelled", result.Output, StringComparison.Ordinal);
        Assert.Equal(["speech.wav"], folder.Entries);
        WavFile wav = WavFile.Read(output);
        Assert.InRange((double)wav.SampleCount / wav.SampleRate, 1, 34);
    }

    [SkippableFact]
    public async Task Convert_Signalled_LeavesNothingBehind()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no signals that one process sends to another");
        using var folder = new TemporaryFolder();
        GoldenSet set = GoldenSet.First;
        using Process process = CommandLineTool.Start(new ToolStart(
            ["convert", set.ModelFolder, "--codec", set.CodecFolder, "--output", folder.File("model.gguf")]));
        Send("INT", process);

        ToolResult result = await CommandLineTool.FinishAsync(process);

        // The signal may come before the tool listens, while it converts, or after it is done.
        Assert.NotEqual(1, result.ExitCode);
        Assert.Equal(result.ExitCode == 0 ? ["model.gguf"] : [], folder.Entries);
    }

    // A program inherits what it ignores. Linux tells: a bit for each signal, that of SIGINT the second one.
    private static bool IgnoresInterrupts()
    {
        const string Name = "SigIgn:";
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        string ignored = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Name, StringComparison.Ordinal));
        return (ulong.Parse(ignored.AsSpan(Name.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 0b10) != 0;
    }

    private static void Send(string signal, Process process)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    private static void WaitForASecondOfAudio(Process process)
    {
        while (process.StandardError.ReadLine() is { } line)
        {
            if (line.Contains(" 1.0 s of audio", StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail("the tool ended before it had spoken for a second");
    }
}
