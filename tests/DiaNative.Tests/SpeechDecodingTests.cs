namespace DiaNative.Tests;

/// <summary>Speech whose audio is decoded beside the steps, where cores are free, and afterwards, where they are not.</summary>
public sealed class SpeechDecodingTests : IDisposable
{
    private const int AudioDecoded = 7; // the event in the log

    // Three windows of the codec.
    private static readonly GenerationOptions s_speech = new() { Seed = 5, GuidanceScale = 1, MaxNewTokens = 230, MinNewTokens = 230 };

    private readonly RecordingLogger _logger = new();
    private readonly DiaTextToSpeech _tts;
    private readonly DiaForConditionalGeneration _dia;

    public SpeechDecodingTests()
    {
        var options = new DiaModelOptions { Threads = 1, LoggerFactory = new SingleLoggerFactory(_logger) };
        _tts = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, options);
        _dia = new DiaForConditionalGeneration(_tts.Model);
    }

    private DacCodec Codec => _tts.Processor.Codec;

    private DiaInputs Inputs => _tts.Processor.Process(TinyModel.Text);

    public void Dispose() => _tts.Dispose();

    [Fact]
    public void Speak_CoresForBothOrNot_IsTheSameAudio()
    {
        GenerationOptions all = s_speech with { Threads = Environment.ProcessorCount };
        Assert.False(Codec.FitsBeside(all));

        SpeechResult beside = _tts.Speak(TinyModel.Text, s_speech);
        SpeechResult afterwards = _tts.Speak(TinyModel.Text, all);

        float[] whole = Codec.Decode(beside.Codes).Samples.ToArray();
        Assert.InRange(beside.Codes.GetLength(0), (2 * Codec.WindowFrames) + 1, 3 * Codec.WindowFrames);
        Assert.Equal(whole, beside.Audio.Samples.ToArray());
        Assert.Equal(whole, afterwards.Audio.Samples.ToArray());
    }

    [Fact]
    public void Take_RowsThatEndApart_GivesEachItsAudio()
    {
        DiaInputs inputs = _tts.Processor.Process(["[S1] One.", "[S2] Two, three and four.", "[S1] Right?"]);
        GenerationOptions options = s_speech with { StoppingCriterion = context => context.State.Frames >= 100 * context.Row };
        using var decoder = new BackgroundDecoder(Codec, inputs.Count, CancellationToken.None);

        DiaGeneration generation = _dia.GenerateFrames(inputs, options, null, decoder.Take, CancellationToken.None);
        AudioBuffer[] audio = decoder.Finish();

        Assert.Equal([0, 100, 200], generation.Rows.Select(row => row.Frames));
        Assert.All(generation.Rows.Zip(audio), row => Assert.Equal(
            Codec.Decode(row.First.Codes).Samples.ToArray(), row.Second.Samples.ToArray()));
    }

    [Fact]
    public void Take_GenerationGoesOn_DecodesMeanwhile()
    {
        bool meanwhile = false;
        using var decoder = new BackgroundDecoder(Codec, rows: 1, CancellationToken.None);

        _dia.GenerateFrames(Inputs, AtStep(150, () => meanwhile = WaitForDecoding()), null, decoder.Take, CancellationToken.None);

        Assert.True(meanwhile, "no window was decoded before step 150");
    }

    [Fact]
    public void Take_DecodingFailed_EndsTheGeneration()
    {
        using var decoder = new BackgroundDecoder(Codec, rows: 1, CancellationToken.None);
        GenerationOptions options = AtStep(50, Codec.Dispose) with { MaxNewTokens = 20_000, MinNewTokens = 20_000 };

        Assert.Throws<ObjectDisposedException>(
            () => _dia.GenerateFrames(Inputs, options, null, decoder.Take, CancellationToken.None));
    }

    [Fact]
    public void Speak_GenerationFailsWhileDecoding_ThrowsAndLeavesTheCodecUsable()
    {
        GenerationOptions options = AtStep(120, () => throw new TimeZoneNotFoundException());

        Assert.Throws<TimeZoneNotFoundException>(() => _tts.Speak(TinyModel.Text, options));

        Assert.Equal(512, Codec.Decode(new int[1, 9]).Length);
    }

    [Fact]
    public void Speak_CancelledWhileDecoding_ThrowsWithTheToken()
    {
        using var source = new CancellationTokenSource();

        OperationCanceledException exception = Assert.ThrowsAny<OperationCanceledException>(
            () => _tts.Speak(TinyModel.Text, AtStep(120, source.Cancel), null, source.Token));

        Assert.Equal(source.Token, exception.CancellationToken);
    }

    [Fact]
    public void Finish_Cancelled_ThrowsWithTheToken()
    {
        using var source = new CancellationTokenSource();
        using var decoder = new BackgroundDecoder(Codec, rows: 1, source.Token);
        source.Cancel();

        OperationCanceledException exception = Assert.ThrowsAny<OperationCanceledException>(decoder.Finish);

        Assert.Equal(source.Token, exception.CancellationToken);
    }

    private bool WaitForDecoding() => SpinWait.SpinUntil(() => _logger.EventIds.Contains(AudioDecoded), TimeSpan.FromMinutes(1));

    private static GenerationOptions AtStep(int step, Action action)
    {
        int steps = 0;
        return s_speech with
        {
            LogitsProcessor = _ =>
            {
                if (++steps == step)
                {
                    action();
                }
            },
        };
    }
}
