namespace DiaNative.Tests;

/// <summary>Native memory returns to where it was. No other test may run meanwhile: the counter is that of the process.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
public sealed class NothingElseRuns;

[Collection(nameof(LeakTests))]
public sealed class LeakTests
{
    private const int Rounds = 1000;

    /// <summary>The bytes held once what earlier tests left to finalizers is gone. What is measured afterwards gets no such help.</summary>
    private static long SettledBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return DiaRuntime.NativeBytes;
    }

    [Fact]
    public void Generator_ManyRounds_EndsAtTheSameNativeBytes()
    {
        using DiaModel model = TinyModel.Load();
        GenerationOptions options = TinyModel.Greedy with { MaxNewTokens = 3, GuidanceScale = 3 };
        Round(model, options); // What a model makes once, such as its unconditional states, stays.

        long before = SettledBytes();
        for (int i = 0; i < Rounds; i++)
        {
            Round(model, options);
        }

        Assert.Equal(before, DiaRuntime.NativeBytes);
    }

    [Fact]
    public void Forward_ManyRounds_EndsAtTheSameNativeBytes()
    {
        using DiaModel model = TinyModel.Load();
        ForwardRound(model);

        long before = SettledBytes();
        for (int i = 0; i < Rounds / 10; i++)
        {
            ForwardRound(model);
        }

        Assert.Equal(before, DiaRuntime.NativeBytes);
    }

    [Fact]
    public void Everything_Disposed_FreesAllNativeMemory()
    {
        long before = SettledBytes();
        for (int i = 0; i < 3; i++)
        {
            using DiaTextToSpeech tts = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1, UseMemoryMap = false });
            tts.Speak(TinyModel.Text, TinyModel.Greedy);
            Assert.True(DiaRuntime.NativeBytes > before, $"{DiaRuntime.NativeBytes} bytes while in use, {before} before");
        }

        Assert.Equal(before, DiaRuntime.NativeBytes);
    }

    [Fact]
    public async Task Streams_BrokenOutAndHooksThatThrow_EndAtTheSameNativeBytes()
    {
        using var tts = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });
        GenerationOptions throwing = TinyModel.Greedy with { LogitsProcessor = _ => throw new TimeZoneNotFoundException() };

        // While the first window is decoded, if cores are free for that.
        GenerationOptions throwingLate = throwing with
        {
            MaxNewTokens = 200,
            MinNewTokens = 200,
            LogitsProcessor = context => _ = context.Tokens.Length < 120 * context.Channels ? 0 : throw new TimeZoneNotFoundException(),
        };
        var rules = new GenerationOptions { SuppressTokens = [1, 2], BadWordsIds = [[1, 2], [3]], MaxNewTokens = 3 };
        await Round();

        long before = SettledBytes();
        for (int i = 0; i < 20; i++)
        {
            await Round();
        }

        Assert.Equal(before, DiaRuntime.NativeBytes);

        async Task Round()
        {
            await foreach (AudioChunk chunk in tts.SpeakStreamingAsync(TinyModel.Text, TinyModel.Endless))
            {
                break;
            }

            Assert.Throws<TimeZoneNotFoundException>(() => tts.Speak(TinyModel.Text, throwing));
            Assert.Throws<TimeZoneNotFoundException>(() => tts.Speak(TinyModel.Text, throwingLate));
            tts.Speak(TinyModel.Text, rules);

            // The codec keeps its last window: the same one after every round, however far decoding came before a failure.
            tts.Processor.Codec.Decode(new int[100, 9]);
        }
    }

    [Fact]
    public void VoicesAndFailures_ManyRounds_EndAtTheSameNativeBytes()
    {
        using var tts = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });
        byte[] sound = File.ReadAllBytes(RepositoryLayout.PathTo("tests", "data", "audio", "stereo_44100_16bit.flac"));
        Voices(tts, sound);

        long before = SettledBytes();
        for (int i = 0; i < 20; i++)
        {
            Voices(tts, sound);
        }

        Assert.Equal(before, DiaRuntime.NativeBytes);
    }

    // A voice that speaks, and what goes wrong on the way to one.
    private static void Voices(DiaTextToSpeech tts, byte[] sound)
    {
        DacCodec codec = tts.Processor.Codec;
        Voice voice = Voice.Create(codec, AudioBuffer.Load(new MemoryStream(sound), 44100), "[S1] Hi.");
        tts.Speak("Bye.", voice, TinyModel.Greedy with { MaxNewTokens = 20 });
        tts.Processor.Process(["[S1] a", "[S1] b"], [null, AudioBuffer.Load(new MemoryStream(sound), 44100)]);
        Assert.Throws<DiaFileException>(() => AudioBuffer.Load(new MemoryStream(sound[..^1000])));
        Assert.Throws<DiaFileException>(() => AudioBuffer.Load(new MemoryStream(sound[..30])));
        Assert.Throws<ArgumentException>(() => codec.Encode(AudioBuffer.Load(new MemoryStream(sound), 16000)));
        Assert.Throws<DiaException>(() => codec.Encode(new AudioBuffer(Enumerable.Repeat(float.MaxValue, 600).ToArray(), 44100)));
        Assert.Throws<OperationCanceledException>(() => codec.Encode(new AudioBuffer(new float[600], 44100), new CancellationToken(true)));
    }

    private static void ForwardRound(DiaModel model)
    {
        using EncodedText text = model.Encode("[S1] Hi.", new() { OutputHiddenStates = true, OutputAttentions = true });
        var inputs = new DiaForwardInputs { EncoderOutputs = [text, text], OutputHiddenStates = true, OutputAttentions = true };
        model.Forward(inputs);
        using KeyValueCache cache = model.Forward(inputs with { UseCache = true }).PastKeyValues!;
        model.Forward(inputs with { PastKeyValues = cache, EncoderOutputs = null });
        Assert.Throws<ArgumentException>(() => model.Forward(inputs with { DecoderInputIds = new int[2, 4000, 9] }));
    }

    private static void Round(DiaModel model, GenerationOptions options)
    {
        using var generator = new DiaGenerator(model, options);
        generator.Add("[S1] Hi.");
        generator.Prefill();
        while (generator.Step() > 0)
        {
        }
    }
}
