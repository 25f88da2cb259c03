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
        Assert.Throws<ArgumentException>(() => _tts.SpeakAll([]));
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

    private static ImmediateProgress<GenerationProgress> CancelAt(int step, CancellationTokenSource source) => new(report =>
    {
        if (report.Step == step)
        {
            source.Cancel();
        }
    });
}
