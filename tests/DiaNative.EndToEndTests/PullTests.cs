using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using DiaNative.EndToEndTests.Support;
using DiaNative.LoopbackHub;
using Xunit.Abstractions;

namespace DiaNative.EndToEndTests;

/// <summary>From a hub on the loopback interface to speech.</summary>
public sealed class PullTests(ITestOutputHelper log) : IAsyncLifetime, IDisposable
{
    private const string Model = "owner/Tiny-Dia";
    private const string Codec = "owner/tiny_dac";
    private const string Large = "owner/Large";

    private readonly TemporaryFolder _folder = new();
    private HubServer _server = null!;

    private string Cache => Path.Combine(_folder.FullPath, "huggingface", "hub");

    public async Task InitializeAsync() => _server = await HubServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pull_ThenSpeak_NeedsNothingElse()
    {
        AddGoldenSet();

        ToolResult pulled = (await RunAsync("pull", Model, "--codec", Codec)).ShouldSucceed();
        ToolResult again = (await RunAsync("pull", Model, "--codec", Codec)).ShouldSucceed();
        ToolResult listed = (await RunAsync("models")).ShouldSucceed();
        string output = _folder.File("speech.wav");
        ToolResult spoken = (await RunAsync("speak", "[S1] Hello.", "--greedy", "--max-tokens", "40", "--threads", "1", "--output", output)).ShouldSucceed();

        string path = Path.Combine(_folder.FullPath, "home", "models", "owner", "Tiny-Dia-q8_0.gguf");
        Assert.Contains($"{path}: ", pulled.Output, StringComparison.Ordinal);
        Assert.Contains("dianative speak --model owner/Tiny-Dia-q8_0", pulled.Output, StringComparison.Ordinal);
        Assert.Equal(pulled.Output, again.Output);
        Assert.Contains("owner/Tiny-Dia-q8_0", listed.Output, StringComparison.Ordinal);
        Assert.Equal("", spoken.Error);
        Assert.True(WavFile.Read(output).SampleCount > 0);
    }

    [Theory]
    [InlineData("owner/Tiny-Dia-f16")]
    [InlineData("owner/Tiny-Dia")]
    [InlineData("tiny-dia-f16")]
    [InlineData("Tiny-Dia")]
    public async Task Speak_NameOfAPulledModel_FindsIt(string name)
    {
        AddGoldenSet();
        (await RunAsync("pull", Model, "--codec", Codec, "--type", "f16")).ShouldSucceed();

        (await RunAsync("speak", "[S1] Hello.", "--model", name, "--greedy", "--max-tokens", "20", "--output", _folder.File("speech.wav"))).ShouldSucceed();
    }

    [Fact]
    public async Task Commands_NameOfAPulledModel_TakeItAsAFile()
    {
        const string Name = "owner/Tiny-Dia-f16";
        AddGoldenSet();
        (await RunAsync("pull", Model, "--codec", Codec, "--type", "f16")).ShouldSucceed();
        string path = Path.Combine(_folder.FullPath, "home", "models", "owner", "Tiny-Dia-f16.gguf");

        Assert.Contains($"{path}: ", (await RunAsync("info", Name)).ShouldSucceed().Output, StringComparison.Ordinal);
        (await RunAsync("quantize", Name, _folder.File("small.gguf"), "--type", "q8_0")).ShouldSucceed();
        (await RunAsync("imatrix", _folder.File("tiny.imatrix"), "--model", Name, "--max-tokens", "20")).ShouldSucceed();
        (await RunAsync("compare", Name, _folder.File("small.gguf"), "--max-tokens", "20")).ShouldSucceed();
        (await RunAsync("bench", Name, "--phases", "load", "--repetitions", "1")).ShouldSucceed();
        (await RunAsync("info", "owner/nobody")).ShouldFailWith(1, "owner/nobody", "dianative models");
    }

    [Fact]
    public async Task Pull_Output_IsTheFileThatConvertMakes()
    {
        GoldenSet set = AddGoldenSet();
        string pulled = _folder.File("pulled.gguf");
        string converted = _folder.File("converted.gguf");
        string checkpoint = _folder.CopyOf(set.ModelFolder);
        Directory.Move(checkpoint, checkpoint = _folder.File(Model.Split('/')[^1]));

        (await RunAsync("pull", Model, "--codec", Codec, "--type", "f32", "--output", pulled)).ShouldSucceed();
        (await RunAsync("convert", checkpoint, "--codec", set.CodecFolder, "--type", "f32", "--output", converted)).ShouldSucceed();

        Assert.Equal(await File.ReadAllBytesAsync(converted), await File.ReadAllBytesAsync(pulled));
        Assert.Contains("There are no models", (await RunAsync("models")).ShouldSucceed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_Offline_UsesTheCache()
    {
        AddGoldenSet();
        (await RunAsync("pull", Model, "--codec", Codec, "--offline")).ShouldFailWith(1, Model, "offline");
        (await RunAsync("pull", Model, "--codec", Codec, "--download-only")).ShouldSucceed();
        int requests = _server.Requests.Count;

        (await RunAsync("pull", Model, "--codec", Codec, "--offline", "--type", "f16")).ShouldSucceed();

        Assert.Equal(requests, _server.Requests.Count);
    }

    [Fact]
    public async Task Pull_PlainProgress_EndsWithAllOfIt()
    {
        AddGoldenSet();

        ToolResult result = (await RunAsync("pull", Model, "--codec", Codec, "--progress", "plain")).ShouldSucceed();

        string[] lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(lines, line => line.StartsWith("downloading", StringComparison.Ordinal));
        Assert.StartsWith("converting", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_Remove_RemovesOne()
    {
        AddGoldenSet();
        (await RunAsync("pull", Model, "--codec", Codec)).ShouldSucceed();

        (await RunAsync("models", "remove", "Tiny-Dia")).ShouldSucceed();

        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder.FullPath, "home"), "*", SearchOption.AllDirectories));
        (await RunAsync("models", "remove", "Tiny-Dia")).ShouldFailWith(1, "Tiny-Dia");
    }

    [Fact]
    public async Task Speak_NoModel_SaysHowToGetOne()
    {
        ToolResult result = (await RunAsync("speak", "[S1] Hello.", "--max-tokens", "20", "--output", _folder.File("speech.wav"))).ShouldSucceed();

        Assert.Contains("dianative pull nari-labs/Dia-1.6B-0626", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere.gguf", "dianative pull nari-labs/Dia-1.6B-0626")]
    [InlineData("owner/Other", "dianative pull owner/Other")]
    public async Task Speak_UnknownModel_SaysHowToGetOne(string name, string command) =>
        (await RunAsync("speak", "[S1] Hello.", "--model", name, "--output", _folder.File("speech.wav"))).ShouldFailWith(1, name, command);

    [Theory]
    [InlineData("owner/Nothing", "owner/Nothing")]
    [InlineData("owner/Private", "HF_TOKEN")]
    [InlineData("owner/Gated", "owner/Gated")]
    public async Task Pull_RepositoryThatDoesNotOpen_SaysWhy(string name, string word)
    {
        AddGoldenSet();
        _server.Add("owner/Private").IsPrivate = true;
        _server.Add("owner/Gated").IsGated = true;

        (await RunAsync("pull", name, "--codec", Codec)).ShouldFailWith(1, word);
    }

    [Fact]
    public async Task Pull_TokenOfTheEnvironment_OpensAndIsNotPrinted()
    {
        AddGoldenSet();
        _server.Add(Model).IsPrivate = true;

        ToolResult opened = await RunAsync(["pull", Model, "--codec", Codec, "--progress", "plain"], ("HF_TOKEN", _server.Token));
        ToolResult refused = await RunAsync(["pull", Model, "--codec", Codec], ("HF_TOKEN", "hf_wrong"));

        opened.ShouldSucceed();
        refused.ShouldFailWith(1, "token");
        Assert.DoesNotContain(_server.Token, opened.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hf_wrong", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../model")]
    [InlineData("owner/model", "--revision", "../x")]
    [InlineData("owner/model", "--codec", "/etc")]
    [InlineData("owner/model", "--connections", "0")]
    [InlineData("owner/model", "--endpoint", "nowhere")]
    [InlineData("owner/model", "--type", "q3")]
    [InlineData("owner/model", "--token", "a b")]
    public async Task Pull_WrongArgument_IsNamed(params string[] arguments) =>
        (await CommandLineTool.RunAsync(["pull", .. arguments])).ShouldFailWith(2);

    [SkippableFact]
    public async Task Pull_DiskFull_SaysSo()
    {
        string disk = _folder.File("disk");
        Directory.CreateDirectory(disk);
        Skip.IfNot(OperatingSystem.IsLinux() && await Runs("mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", disk), "a small disk cannot be mounted here");
        try
        {
            _server.Add(Large).Add("config.json", "{}").AddRandom("model.safetensors", 90_000_000);
            (await RunAsync("pull", Large, "--codec", Large, "--cache-dir", disk)).ShouldFailWith(1, Large, disk, "free");
        }
        finally
        {
            await Runs("umount", disk);
        }
    }

    [Fact]
    public async Task Pull_KilledTwentyTimes_ResumesAndIsRight()
    {
        const int Kills = 20;
        const int Size = 80_000_000;
        const int Seed = 7;
        ServedRepository repository = _server.Add(Large).Add("config.json", "{}").AddRandom("model.safetensors", Size);
        _server.BytesPerSecond = 50_000_000;
        var random = new Random(Seed);
        string[] arguments = ["pull", Large, "--codec", Large, "--download-only"];
        for (int kill = 0; kill < Kills; kill++)
        {
            await KillAfterAsync(random.Next(8_000_000), arguments);
        }

        ToolResult result = (await RunAsync(arguments)).ShouldSucceed();

        string folder = Path.Combine(Cache, "models--owner--Large");
        await using FileStream stream = File.OpenRead(Path.Combine(folder, "snapshots", repository.Commit, "model.safetensors"));
        Assert.Equal(repository.Sha256("model.safetensors"), Convert.ToHexStringLower(await SHA256.HashDataAsync(stream)));
        Assert.Equal(2, Directory.EnumerateFiles(Path.Combine(folder, "blobs")).Count());
        double again = _server.BytesSent - Size - 2;
        log.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"killed {Kills} times (seed {Seed}): {Size / 1e6:F1} MB, sent {_server.BytesSent / 1e6:F1} MB, again {again / 1e6:F1} MB = {again / Kills / 1e6:F1} MB per kill. {result.Output}"));
        // At most what the parts in flight held: 8 of 8 MiB, and what the network had buffered.
        Assert.InRange(again / Kills, 0, 72e6);
    }

    // Ends the tool without a warning when so many bytes have been sent to it.
    private async Task KillAfterAsync(long bytes, string[] arguments)
    {
        long sent = 0;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.OnSent = count =>
        {
            if (Interlocked.Add(ref sent, count) >= bytes)
            {
                reached.TrySetResult();
            }
        };
        using Process process = CommandLineTool.Start(Start(arguments));
        Task exited = process.WaitForExitAsync();
        await Task.WhenAny(reached.Task, exited);
        process.Kill();
        await exited;
        _server.OnSent = _ => { };
    }

    private static async Task<bool> Runs(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    private GoldenSet AddGoldenSet()
    {
        _server.Add(Model).AddFolder(GoldenSet.First.ModelFolder);
        _server.Add(Codec).AddFolder(GoldenSet.First.CodecFolder);
        return GoldenSet.First;
    }

    private Task<ToolResult> RunAsync(params string[] arguments) => CommandLineTool.RunAsync(Start(arguments));

    private Task<ToolResult> RunAsync(string[] arguments, params (string Name, string Value)[] environment) =>
        CommandLineTool.RunAsync(Start(arguments, environment));

    private ToolStart Start(string[] arguments, params (string Name, string Value)[] environment) => new(arguments)
    {
        Environment = new Dictionary<string, string>(environment.Select(variable => KeyValuePair.Create(variable.Name, variable.Value)))
        {
            ["HF_ENDPOINT"] = _server.Endpoint.AbsoluteUri,
            ["HF_HOME"] = _folder.File("huggingface"),
            ["DIANATIVE_HOME"] = _folder.File("home"),
        },
    };
}
