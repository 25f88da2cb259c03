namespace DiaNative.Tests;

public sealed class DiaTextToSpeechTests : IDisposable
{
    private readonly DiaTextToSpeech _tts = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });

    public void Dispose() => _tts.Dispose();

    [Fact]
    public async Task SpeakAsync_GoldenText_GivesTheAudioOfTheReference()
    {
        GoldenCase golden = GoldenSet.Tiny.Case("e2e/single");

        SpeechResult speech = await _tts.SpeakAsync(golden.Texts[0], golden.Options());

        Difference difference = Difference.Between(speech.Audio.Samples.Span, golden.Floats("audio0"));
        Assert.True(difference.MaxAbs <= 1e-4, $"sample {difference.WorstIndex} differs by {difference.MaxAbs:G3}");
        Assert.Equal((44100, FinishReason.EndOfSpeech, golden.Texts[0]), (speech.Audio.SampleRate, speech.FinishReason, speech.Text));
    }

    [Fact]
    public void Speak_NoTag_BeginsWithTheFirstSpeaker()
    {
        SpeechResult plain = _tts.Speak("Not today.", TinyModel.Greedy);
        SpeechResult tagged = _tts.Speak("[S1] Not today.", TinyModel.Greedy);

        Assert.Equal("[S1] Not today.", plain.Text);
        Assert.Equal(tagged.Audio.Samples.ToArray(), plain.Audio.Samples.ToArray());
        Assert.Equal("[S2] Yes.", _tts.Speak("[S2] Yes.", TinyModel.Greedy).Text);
    }

    [Fact]
    public async Task SpeakAllAsync_Texts_GivesEachItsAudio()
    {
        string[] texts = ["[S1] One.", "[S2] Two, three and four."];

        IReadOnlyList<SpeechResult> all = await _tts.SpeakAllAsync(texts, TinyModel.Greedy);

        Assert.Equal(texts, all.Select(speech => speech.Text));
        Assert.All(texts, text => Assert.Contains(
            all, speech => speech.Audio.Samples.Span.SequenceEqual(_tts.Speak(text, TinyModel.Greedy).Audio.Samples.Span)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void Speak_LimitBelowOneFrame_IsEmpty(int maxNewTokens)
    {
        SpeechResult speech = _tts.Speak("[S1] Hi.", TinyModel.Greedy with { MaxNewTokens = maxNewTokens });

        Assert.Equal((0, FinishReason.Length), (speech.Audio.Samples.Length, speech.FinishReason));
    }

    [Fact]
    public void Speak_EmptyOrForbiddenText_Throws()
    {
        Assert.Throws<ArgumentException>(() => _tts.Speak(""));
        Assert.Throws<ArgumentException>(() => _tts.Speak("a\u0001"));
        Assert.Throws<ArgumentException>(() => _tts.SpeakAll(Array.Empty<string>()));
        Assert.Throws<TextTooLongException>(() => _tts.Speak(new string('x', 2000)));
    }

    [Fact]
    public async Task SpeakAsync_Cancelled_Throws()
    {
        using var source = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _tts.SpeakAsync(TinyModel.Text, TinyModel.Endless, CancelAt(20, source), source.Token));
    }

    [Fact]
    public async Task SpeakAsync_CancelledWithReturnPartial_KeepsWhatWasSpoken()
    {
        using var source = new CancellationTokenSource();
        GenerationOptions options = TinyModel.Endless with { OnCancellation = CancellationBehavior.ReturnPartial };

        SpeechResult partial = await _tts.SpeakAsync(TinyModel.Text, options, CancelAt(40, source), source.Token);

        Assert.Equal((FinishReason.Cancelled, 25 * 512), (partial.FinishReason, partial.Audio.Samples.Length));
        SpeechResult longer = await _tts.SpeakAsync(TinyModel.Text, options with { MaxNewTokens = 80, MinNewTokens = 80 });
        int settled = (25 - _tts.Processor.Codec.ContextFrames) * 512;
        Assert.Equal(longer.Audio.Samples[..settled].ToArray(), partial.Audio.Samples[..settled].ToArray());
    }

    [Fact]
    public async Task SpeakAsync_CancelledInTheFirstStep_IsEmpty()
    {
        using var source = new CancellationTokenSource();
        GenerationOptions options = TinyModel.Endless with { OnCancellation = CancellationBehavior.ReturnPartial };

        SpeechResult partial = await _tts.SpeakAsync(TinyModel.Text, options, CancelAt(1, source), source.Token);

        Assert.Equal((FinishReason.Cancelled, 0), (partial.FinishReason, partial.Audio.Samples.Length));
    }

    [Fact]
    public void Speak_Log_HasTheTextAtTraceOnly()
    {
        var logger = new RecordingLogger();
        using var factory = new SingleLoggerFactory(logger);
        using DiaTextToSpeech tts = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1, LoggerFactory = factory });

        tts.Speak("A secret.", TinyModel.Greedy);

        Assert.Single(logger.Messages, message => message.Contains("A secret.", StringComparison.Ordinal));
        Assert.Contains(logger.Messages, message => message.Contains("seconds of audio per second", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Dispose_Twice_EndsUse()
    {
        DiaTextToSpeech tts = await DiaTextToSpeech.CreateAsync(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });
        tts.Dispose();
        tts.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tts.Speak("[S1] Hi."));
    }

    [Fact]
    public void Dispose_ModelOfTheCaller_StaysOpen()
    {
        using DiaModel model = TinyModel.Load();
        new DiaTextToSpeech(model).Dispose();

        using var tts = new DiaTextToSpeech(model);
        Assert.NotEqual(0, tts.Speak("[S1] Hi.", TinyModel.Greedy).Audio.Samples.Length);
    }

    [Fact]
    public async Task SpeakAsync_Voice_GoesOnFromItAndLeavesItOut()
    {
        GoldenCase golden = GoldenSet.Tiny.Case("e2e/voice_clone");
        string text = golden.Texts[0];
        int joint = text.IndexOf(" [S2]", StringComparison.Ordinal);
        Voice voice = Voice.Create(_tts.Processor.Codec, golden.Prompts[0], text[..joint]);

        SpeechResult speech = await _tts.SpeakAsync(text[(joint + 1)..], voice, golden.Options());

        Difference difference = Difference.Between(speech.Audio.Samples.Span, golden.Floats("audio0"));
        Assert.True(difference.MaxAbs <= 1e-4, $"sample {difference.WorstIndex} differs by {difference.MaxAbs:G3}");
        Assert.Equal(text[(joint + 1)..], speech.Text);
    }

    [Fact]
    public void Speak_VoiceAndTextWithoutTag_IsSpokenByTheLastSpeaker()
    {
        Voice voice = Voice.FromCodes(_tts.Processor.Codec, new int[9, 9], "[S1] One. [S2] Two.");

        SpeechResult speech = _tts.Speak("Three.", voice, TinyModel.Greedy);

        DiaInputs inputs = _tts.Processor.Process([new SpeechRequest("Three.") { Voice = voice }]);
        Assert.Equal("[S1] One. [S2] Two. Three.", _tts.Processor.Tokenizer.Decode(inputs.InputIds.Row(0)));
        Assert.Equal(("Three.", 9), (speech.Text, inputs.PromptFrames[0]));
    }

    [Fact]
    public async Task SpeakAllAsync_Requests_HaveTheirVoicesAndSeeds()
    {
        Voice voice = Voice.Create(_tts.Processor.Codec, GoldenSet.Tiny.Prompt("a"), "[S1] Words of the prompt.");
        var options = new GenerationOptions { MaxNewTokens = 30, Seed = 9 };
        SpeechRequest[] requests =
            [new("[S1] One.") { Voice = voice, Seed = 3 }, new("Two."), new("[S1] One.") { Seed = 4 }, new("[S1] One.") { Voice = voice }];

        IReadOnlyList<SpeechResult> all = await _tts.SpeakAllAsync(requests, options);

        Assert.Equal([3UL, 9, 4, 9], all.Select(speech => speech.Seed));
        Assert.Equal("[S1] Two.", all[1].Text);
        for (int i = 0; i < requests.Length; i++)
        {
            SpeechResult alone = _tts.Speak(requests[i].Text, requests[i].Voice, options with { Seed = all[i].Seed });
            Assert.Equal(alone.Audio.Samples.ToArray(), all[i].Audio.Samples.ToArray());
        }

        Assert.NotEqual(all[0].Audio.Samples.ToArray(), all[2].Audio.Samples.ToArray());
        Assert.Equal(
            [5UL, 6], (await _tts.SpeakAllAsync([new SpeechRequest("a"), new SpeechRequest("b") { Seed = 6 }], options with { RowSeeds = [5, 7] }))
                .Select(speech => speech.Seed));
    }

    [Fact]
    public void Speak_VoiceAndBadText_Throws()
    {
        Voice voice = Voice.FromCodes(_tts.Processor.Codec, new int[9, 9], "[S1] One.");

        Assert.Throws<ArgumentException>(() => _tts.Speak("", voice));
        AssertThrows.Message<ArgumentException>("U+0001", () => _tts.Speak("a", voice));
        Assert.Throws<TextTooLongException>(() => _tts.Speak(new string('x', 1020), voice));
        Assert.Throws<ArgumentException>(() => _tts.SpeakAll(Array.Empty<SpeechRequest>()));
    }

    private static ImmediateProgress<GenerationProgress> CancelAt(int step, CancellationTokenSource source) => new(report =>
    {
        if (report.Step == step)
        {
            source.Cancel();
        }
    });
}
