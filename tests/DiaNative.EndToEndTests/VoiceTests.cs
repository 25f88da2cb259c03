using System.Text.Json;
using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>Voices and codes on the command line.</summary>
[Collection(ToolGroup.Name)]
public sealed class VoiceTests(ConvertedModels models) : IDisposable
{
    private const string Said = "[S1] Words of the prompt.";

    private readonly TemporaryFolder _folder = new();

    private static string Sound => Path.Combine(CommandLineTool.RepositoryRoot, "tests", "data", "audio", "stereo_44100_128kbps.mp3");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Voice_CreatedOnce_SpeaksAsTheAudioPromptDoes()
    {
        string voice = _folder.File("anna.voice");
        ToolResult made = (await RunAsync("voice", "create", Sound, "--text", Said, "--output", voice)).ShouldSucceed();
        Assert.Contains("22 frames", made.Output, StringComparison.Ordinal);
        Assert.Contains("0.3 s", made.Error, StringComparison.Ordinal);

        (await SpeakAsync("a.wav", "--voice", voice)).ShouldSucceed();
        (await SpeakAsync("b.wav", "--audio-prompt", Sound, "--audio-prompt-text", Said)).ShouldSucceed();
        (await SpeakAsync("c.wav")).ShouldSucceed();

        byte[] spoken = await File.ReadAllBytesAsync(_folder.File("a.wav"));
        Assert.Equal(spoken, await File.ReadAllBytesAsync(_folder.File("b.wav")));
        Assert.NotEqual(spoken, await File.ReadAllBytesAsync(_folder.File("c.wav")));
    }

    [Fact]
    public async Task VoiceInfo_TellsWhatIsInIt()
    {
        string voice = _folder.File("anna.voice");
        (await RunAsync("voice", "create", Sound, "--text", Said, "--output", voice)).ShouldSucceed();

        string table = (await CommandLineTool.RunAsync("voice", "info", voice)).ShouldSucceed().Output;
        Assert.Contains(Said, table, StringComparison.Ordinal);
        Assert.Contains("5 to 10 s", table, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse((await CommandLineTool.RunAsync("voice", "info", voice, "--json")).ShouldSucceed().Output);
        Assert.Equal(Said, json.RootElement.GetProperty("transcript").GetString());
        Assert.Equal(22, json.RootElement.GetProperty("frames").GetInt32());
        Assert.Equal(64, json.RootElement.GetProperty("codec").GetString()!.Length);
        Assert.NotEqual(0, json.RootElement.GetProperty("warnings").GetArrayLength());
    }

    [Fact]
    public async Task Codec_EncodeAndDecode_GiveAudioOfWholeFrames()
    {
        string codes = _folder.File("codes.safetensors");
        string wav = _folder.File("decoded.wav");

        ToolResult encoded = (await RunAsync("codec", "encode", Sound, "--output", codes)).ShouldSucceed();
        ToolResult decoded = (await RunAsync("codec", "decode", codes, "--output", wav, "--format", "pcm24")).ShouldSucceed();

        Assert.Contains("22 frames of 9 codes, 0.25 s", encoded.Output, StringComparison.Ordinal);
        Assert.Contains("0.26 s at 44100 Hz", decoded.Output, StringComparison.Ordinal);
        WavFile file = WavFile.Read(wav);
        Assert.Equal((22 * 512, 24), (file.SampleCount, file.BitsPerSample));
    }

    [Theory]
    [InlineData(2, "--audio-prompt-text", "--audio-prompt", "x.wav")]
    [InlineData(2, "--audio-prompt", "--audio-prompt-text", "[S1] Hello.")]
    [InlineData(2, "exclude", "--voice", "x.voice", "--audio-prompt", "x.wav", "--audio-prompt-text", "[S1] Hello.")]
    [InlineData(2, "exclude", "--voice", "x.voice", "--audio-prompt-text", "[S1] Hello.")]
    [InlineData(1, "nowhere.voice", "--voice", "nowhere.voice")]
    [InlineData(1, "nowhere.wav", "--audio-prompt", "nowhere.wav", "--audio-prompt-text", "[S1] Hello.")]
    public async Task Speak_VoiceOptionsThatCannotBe_AreNamed(int exitCode, string expected, params string[] options)
    {
        (await SpeakAsync("x.wav", options)).ShouldFailWith(exitCode, expected);

        Assert.Empty(_folder.Entries);
    }

    [Theory]
    [InlineData(2, "", "empty")]
    [InlineData(2, "Words without a tag.", "[S1]")]
    [InlineData(2, "[S1] a\u0001", "U+0001")]
    public async Task VoiceCreate_BadTranscript_Fails(int exitCode, string text, string expected)
    {
        (await RunAsync("voice", "create", Sound, "--text", text, "--output", _folder.File("x.voice"))).ShouldFailWith(exitCode, expected);

        Assert.Empty(_folder.Entries);
    }

    [Fact]
    public async Task VoiceCreate_BadSound_Fails()
    {
        string silent = _folder.File("silent.wav");
        string text = _folder.File("text.wav");
        WriteSilence(silent);
        await File.WriteAllTextAsync(text, "no sound at all");

        (await CreateAsync(silent)).ShouldFailWith(1, "silent");
        (await CreateAsync(text)).ShouldFailWith(1, text);
        (await CreateAsync(_folder.FullPath)).ShouldFailWith(1, _folder.FullPath);
        (await RunAsync("voice", "create", Sound, "--output", _folder.File("x.voice"))).ShouldFailWith(2, "--text");
        (await RunAsync("voice", "create", Sound, "--text", Said, "--output", Path.Combine(_folder.FullPath, "nowhere", "x.voice")))
            .ShouldFailWith(1, "nowhere");
        Assert.Equal(["silent.wav", "text.wav"], _folder.Entries);
    }

    [SkippableFact]
    public async Task Speak_VoiceOfAnotherModel_NamesBothCodecs()
    {
        Skip.If(GoldenSet.All.Count < 2, "one set alone has no other codec");
        string own = _folder.File("own.voice");
        string other = _folder.File("other.voice");
        (await RunAsync("voice", "create", Sound, "--text", Said, "--output", own)).ShouldSucceed();
        (await CommandLineTool.RunAsync(
            "voice", "create", Sound, "--text", Said, "--model", await models.GetAsync(GoldenSet.All[1]), "--output", other)).ShouldSucceed();
        string ownCodec = await CodecOfAsync(own);
        string otherCodec = await CodecOfAsync(other);
        Skip.If(ownCodec == otherCodec, "the first two sets have the same codec");

        ToolResult result = await SpeakAsync("x.wav", "--voice", other);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(ownCodec[..12], result.Error, StringComparison.Ordinal);
        Assert.Contains(otherCodec[..12], result.Error, StringComparison.Ordinal);
        (await RunAsync("codec", "decode", other, "--output", _folder.File("x.wav"))).ShouldFailWith(1, other);
        Assert.Equal(["other.voice", "own.voice"], _folder.Entries);
    }

    [Fact]
    public async Task DamagedVoice_IsNamed()
    {
        string voice = _folder.File("damaged.voice");
        await File.WriteAllTextAsync(voice, "RIFF");

        (await SpeakAsync("x.wav", "--voice", voice)).ShouldFailWith(1, voice);
        (await CommandLineTool.RunAsync("voice", "info", voice)).ShouldFailWith(1, voice);
        (await RunAsync("codec", "decode", voice, "--output", _folder.File("x.wav"))).ShouldFailWith(1, voice);
        Assert.Equal(["damaged.voice"], _folder.Entries);
    }

    private static void WriteSilence(string path)
    {
        byte[] file = new byte[44 + 20_000];
        "RIFF"u8.CopyTo(file);
        BitConverter.GetBytes(file.Length - 8).CopyTo(file, 4);
        "WAVEfmt "u8.CopyTo(file.AsSpan(8));
        BitConverter.GetBytes(16).CopyTo(file, 16);
        BitConverter.GetBytes((short)1).CopyTo(file, 20);
        BitConverter.GetBytes((short)1).CopyTo(file, 22);
        BitConverter.GetBytes(44100).CopyTo(file, 24);
        BitConverter.GetBytes(88200).CopyTo(file, 28);
        BitConverter.GetBytes((short)2).CopyTo(file, 32);
        BitConverter.GetBytes((short)16).CopyTo(file, 34);
        "data"u8.CopyTo(file.AsSpan(36));
        BitConverter.GetBytes(20_000).CopyTo(file, 40);
        File.WriteAllBytes(path, file);
    }

    private static async Task<string> CodecOfAsync(string voice)
    {
        using JsonDocument json = JsonDocument.Parse((await CommandLineTool.RunAsync("voice", "info", voice, "--json")).ShouldSucceed().Output);
        return json.RootElement.GetProperty("codec").GetString()!;
    }

    private Task<ToolResult> CreateAsync(string sound) =>
        RunAsync("voice", "create", sound, "--text", Said, "--output", _folder.File("x.voice"));

    private Task<ToolResult> SpeakAsync(string output, params string[] options) => RunAsync(
        ["speak", "[S2] Hello.", "--output", _folder.File(output), "--greedy", "--cfg-scale", "1", "--max-tokens", "40", "--threads", "1", .. options]);

    private async Task<ToolResult> RunAsync(params string[] arguments) =>
        await CommandLineTool.RunAsync([.. arguments, "--model", await models.GetAsync(GoldenSet.First)]);
}
