namespace DiaNative.Tests.Voices;

public sealed class VoiceTests : IDisposable
{
    private const string Said = "[S1] It was raining all day, and nobody knew the answer. [S2] Not today, I think, but we could meet by the river.";

    private readonly DiaModel _model = TinyModel.Load();
    private readonly DacCodec _codec;

    public VoiceTests()
    {
        _codec = new DacCodec(_model);
    }

    public void Dispose()
    {
        _codec.Dispose();
        _model.Dispose();
    }

    [Fact]
    public async Task CreateAsync_GoodAudio_HasItsCodesAndNoWarning()
    {
        AudioBuffer audio = Tone(7);

        Voice voice = await Voice.CreateAsync(_codec, audio, $"  {Said}\n");

        Assert.Equal(Said, voice.Transcript);
        Assert.Equal(_codec.Encode(audio), voice.Codes);
        Assert.Equal((603, 44100, _codec.Fingerprint), (voice.Frames, voice.SamplingRate, voice.CodecFingerprint));
        Assert.Equal(603 * 512 / 44100.0, voice.Duration.TotalSeconds, 3);
        Assert.Empty(voice.Warnings);
    }

    [Fact]
    public void FromCodes_Codes_AreCopied()
    {
        int[,] codes = _codec.Encode(Tone(0.1));

        Voice voice = Voice.FromCodes(_codec, codes, Said);
        int first = codes[0, 0];
        codes[0, 0] = 1023 - first;

        Assert.Equal(first, voice.Codes[0, 0]);
    }

    [Theory]
    [InlineData("It was raining all day.", VoiceFault.NoSpeakerTag)]
    [InlineData("Nobody. [S1] It was raining all day.", VoiceFault.NoSpeakerTag)]
    [InlineData("[S3] It was raining all day.", VoiceFault.NoSpeakerTag)]
    public void Create_NoTagAtTheBeginning_Throws(string transcript, VoiceFault fault)
    {
        VoiceException exception = Assert.Throws<VoiceException>(() => Voice.Create(_codec, Tone(1), transcript));

        Assert.Equal(fault, exception.Fault);
        Assert.Contains(transcript, exception.Message, StringComparison.Ordinal);
        Assert.Throws<VoiceException>(() => Voice.FromCodes(_codec, new int[3, 9], transcript));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData(" \n", "empty")]
    [InlineData("[S1] a\u0001", "U+0001")]
    [InlineData("[S1] <pad>", "<pad>")]
    public void Create_TranscriptThatNoTextMayBe_Throws(string transcript, string expected) =>
        AssertThrows.Message<ArgumentException>(expected, () => Voice.Create(_codec, Tone(1), transcript));

    [Fact]
    public void Create_TranscriptTooLongOrNoText_Throws()
    {
        AssertThrows.Message<ArgumentException>("1024", () => Voice.Create(_codec, Tone(1), "[S1] " + new string('a', 1100)));
        AssertThrows.Message<ArgumentException>("surrogate", () => Voice.Create(_codec, Tone(1), "[S1] a\ud800"));
    }

    [Fact]
    public void Create_AudioThatMakesNoVoice_Throws()
    {
        AssertFault(VoiceFault.TooShort, "511 samples", () => Voice.Create(_codec, Tone(0.1)[..511], Said));
        AssertFault(VoiceFault.TooShort, "0 samples", () => Voice.Create(_codec, Tone(0.1)[..0], Said));
        AssertFault(VoiceFault.Silent, "0.0005", () => Voice.Create(_codec, Scaled(Tone(1), 0.0005f), Said));
        AssertFault(VoiceFault.TooLong, "3055 frames (35.5 s)", () => Voice.Create(_codec, Silence(3055 * 512, 1f), Said));
        AssertFault(VoiceFault.TooLong, "3054", () => Voice.FromCodes(_codec, new int[3055, 9], Said));
        AssertFault(VoiceFault.TooShort, "no frame", () => Voice.FromCodes(_codec, new int[0, 9], Said));
        AssertThrows.Message<ArgumentException>("48000 Hz", () => Voice.Create(_codec, new AudioBuffer(new float[9000], 48000), Said));
        AssertThrows.Message<ArgumentException>("8 codebooks", () => Voice.FromCodes(_codec, new int[3, 8], Said));
        AssertThrows.Message<ArgumentException>("codebook 1: the code is 1024", () => Voice.FromCodes(_codec, new[,] { { 0, 1024, 0, 0, 0, 0, 0, 0, 0 } }, Said));
        AssertThrows.Message<ArgumentException>("the code is -1", () => Voice.FromCodes(_codec, new[,] { { 0, -1, 0, 0, 0, 0, 0, 0, 0 } }, Said));
    }

    [Fact]
    public void Create_AudioThatMightBeBetter_Warns()
    {
        AssertWarns(VoiceWarningCode.ShorterThanRecommended, "3.0 s", Voice.Create(_codec, Tone(3), "[S1] It was raining all day, was it not?"));
        AssertWarns(VoiceWarningCode.LongerThanRecommended, "12.0 s", Voice.FromCodes(_codec, new int[1034, 9], Said));
        AssertWarns(VoiceWarningCode.Quiet, "-49 dB", Voice.Create(_codec, Scaled(Tone(7), 0.008f), Said));
        AssertWarns(VoiceWarningCode.Clipping, "flat tops", Voice.Create(_codec, Scaled(Tone(7), 3), Said));
        AssertWarns(VoiceWarningCode.Pace, "1 s to say, but the audio has 7.0 s", Voice.Create(_codec, Tone(7), "[S1] Not today, ever."));
        AssertWarns(VoiceWarningCode.Pace, "but the audio has 1.0 s", Voice.Create(_codec, Tone(1), Said));
        AssertWarns(VoiceWarningCode.Transcript, "(giggles)", Voice.Create(_codec, Tone(7), Said + " (giggles)"));
        Assert.DoesNotContain(Voice.Create(_codec, Tone(7), Said).Warnings, warning => warning.Code == VoiceWarningCode.Clipping);
    }

    [Fact]
    public async Task Save_Load_GivesTheSameVoice()
    {
        using var folder = new TemporaryFolder();
        Voice voice = Voice.Create(_codec, Tone(1), "[S1] \"Schöne Grüße\" \\ 世界 😀\n[S2] Yes.");
        string path = folder.PathTo("größe.voice");
        using var stream = new MemoryStream();

        voice.Save(path);
        voice.Save(stream);
        Assert.Equal(File.ReadAllBytes(path), stream.ToArray());
        await voice.SaveAsync(path);
        stream.Position = 0;

        Voice[] loaded = [Voice.Load(path), Voice.Load(stream), await Voice.LoadAsync(path), await Voice.LoadAsync(new MemoryStream(stream.ToArray()))];
        Assert.All(loaded, copy =>
        {
            Assert.Equal(voice.Transcript, copy.Transcript);
            Assert.Equal(voice.Codes, copy.Codes);
            Assert.Equal(voice.Duration, copy.Duration);
            Assert.Equal(voice.CodecFingerprint, copy.CodecFingerprint);
        });
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public async Task Load_NoFileOrCancelled_Throws()
    {
        using var folder = new TemporaryFolder();
        Voice voice = Voice.Create(_codec, Tone(0.1), Said);
        var cancelled = new CancellationToken(canceled: true);

        Assert.Throws<FileNotFoundException>(() => Voice.Load(folder.PathTo("nowhere.voice")));
        AssertThrows.Message<IOException>("a voice is expected", () => Voice.Load(folder.FullName));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => voice.SaveAsync(folder.PathTo("a.voice"), cancelled));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
        voice.Save(folder.PathTo("a.voice"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Voice.LoadAsync(folder.PathTo("a.voice"), cancelled));
        Assert.Throws<DirectoryNotFoundException>(() => voice.Save(folder.PathTo("missing/a.voice")));
    }

    [Fact]
    public void Voice_OfAnotherCodec_IsRefusedNamingBoth()
    {
        using DiaModel other = DiaModel.Load(GoldenSet.Own("odd").Model, new DiaModelOptions { Threads = 1 });
        using var otherCodec = new DacCodec(other);
        using var tts = new DiaTextToSpeech(_model);
        Voice voice = Voice.Create(otherCodec, Tone(0.2), Said);

        VoiceException exception = AssertFault(VoiceFault.OtherCodec, otherCodec.Fingerprint[..12], () => tts.Speak("[S1] Hi.", voice));
        Assert.Contains(_codec.Fingerprint[..12], exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaveCodes_LoadCodes_GivesThemBack()
    {
        using var folder = new TemporaryFolder();
        int[,] codes = _codec.Encode(Tone(0.1));
        string path = folder.PathTo("codes.safetensors");

        _codec.SaveCodes(codes, path);

        Assert.Equal(codes, _codec.LoadCodes(path));
        Assert.Equal(codes, new SafetensorsFile(path).Matrix("codes"));
        AssertThrows.Message<DiaFileException>("no voice", () => Voice.Load(path));
        Voice.FromCodes(_codec, codes, Said).Save(path);
        Assert.Equal(codes, _codec.LoadCodes(path));
        AssertThrows.Message<ArgumentException>("8 codebooks", () => _codec.SaveCodes(new int[1, 8], path));
        AssertThrows.Message<ArgumentException>("2000", () => _codec.SaveCodes(new[,] { { 0, 0, 0, 0, 0, 0, 0, 0, 2000 } }, path));
        using DiaModel other = DiaModel.Load(GoldenSet.Own("odd").Model, new DiaModelOptions { Threads = 1 });
        using var otherCodec = new DacCodec(other);
        AssertFault(VoiceFault.OtherCodec, path, () => otherCodec.LoadCodes(path));
    }

    // A hum with a rhythm: what matters is how loud it is.
    private static AudioBuffer Tone(double seconds) => new(
        Enumerable.Range(0, (int)(seconds * 44100))
            .Select(i => (float)(0.5 * Math.Sin(i * 0.02) * (1 + Math.Sin(i * 0.0005)))).ToArray(),
        44100);

    private static AudioBuffer Scaled(AudioBuffer audio, float factor) =>
        new(audio.Samples.ToArray().Select(sample => Math.Clamp(sample * factor, -1, 1)).ToArray(), audio.SampleRate);

    private static AudioBuffer Silence(int samples, float first)
    {
        float[] all = new float[samples];
        all[0] = first;
        return new AudioBuffer(all, 44100);
    }

    private static VoiceException AssertFault(VoiceFault fault, string expected, Func<object?> call)
    {
        VoiceException exception = Assert.Throws<VoiceException>(call);
        Assert.Equal(fault, exception.Fault);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        return exception;
    }

    private static void AssertWarns(VoiceWarningCode code, string expected, Voice voice)
    {
        VoiceWarning warning = Assert.Single(voice.Warnings, warning => warning.Code == code);
        Assert.Contains(expected, warning.Message, StringComparison.Ordinal);
    }
}
