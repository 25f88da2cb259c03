namespace DiaNative.Tests;

public sealed class LongSpeechTests : IDisposable
{
    // With the golden options the first piece is spoken to its end, in 28 frames.
    private const string First = "[S1] It was raining all day, right? (laughs)";
    private const string Second = "[S2] Not today.";
    private const string Third = "[S1] Wait for me.";
    private const string Script = $"{First} {Second} {Third}";

    private static readonly GenerationOptions s_options = GoldenSet.Tiny.Case("e2e/single").Options();
    private static readonly LongSpeechOptions s_turns = new() { Split = new ScriptSplitOptions { MaxTurns = 1 } };

    private readonly DiaTextToSpeech _tts = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });

    public void Dispose() => _tts.Dispose();

    [Fact]
    public async Task SpeakLongAsync_PreviousPiece_GoesOnWhereThePieceBeforeEnded()
    {
        LongSpeechResult speech = await _tts.SpeakLongAsync(Script, longOptions: s_turns, options: s_options);

        Assert.Equal([First, Second, Third], speech.Pieces.Select(piece => piece.Text));
        SpeechResult first = _tts.Speak(First, s_options);
        AssertSame(first, speech.Pieces[0]);
        Assert.Equal((FinishReason.EndOfSpeech, 28), (first.FinishReason, first.Codes.GetLength(0)));
        Voice voice = Voice.FromCodes(_tts.Processor.Codec, first.Codes, first.Text);
        SpeechResult second = _tts.Speak(Second, voice, s_options);
        AssertSame(second, speech.Pieces[1]);
        Voice next = second.FinishReason == FinishReason.EndOfSpeech && second.Codes.Length > 0
            ? Voice.FromCodes(_tts.Processor.Codec, second.Codes, second.Text)
            : voice;
        AssertSame(_tts.Speak(Third, next, s_options), speech.Pieces[2]);
        Assert.Equal(speech.Pieces.SelectMany(piece => piece.Audio.Samples.ToArray()), speech.Audio.Samples.ToArray());
    }

    [Fact]
    public async Task SpeakLongAsync_FirstPiece_KeepsItsVoices()
    {
        LongSpeechResult speech = await _tts.SpeakLongAsync(
            Script, longOptions: s_turns with { Continuity = SpeechContinuity.FirstPiece }, options: s_options);

        Voice voice = Voice.FromCodes(_tts.Processor.Codec, speech.Pieces[0].Codes, First);
        AssertSame(_tts.Speak(Second, voice, s_options), speech.Pieces[1]);
        AssertSame(_tts.Speak(Third, voice, s_options), speech.Pieces[2]);
    }

    [Fact]
    public async Task SpeakLongAsync_NoContinuity_SpeaksEachPieceAlone()
    {
        LongSpeechResult speech = await _tts.SpeakLongAsync(
            Script, longOptions: s_turns with { Continuity = SpeechContinuity.None }, options: s_options);

        Assert.All(speech.Pieces, piece => AssertSame(_tts.Speak(piece.Text, s_options), piece));
    }

    [Fact]
    public async Task SpeakLongAsync_Voice_SpeaksEveryPieceInIt()
    {
        Voice voice = Voice.FromCodes(_tts.Processor.Codec, _tts.Speak(First, s_options).Codes, First);

        LongSpeechResult speech = await _tts.SpeakLongAsync($"{Second} {Third}", voice, s_turns, s_options);

        Assert.All(speech.Pieces, piece => AssertSame(_tts.Speak(piece.Text, voice, s_options), piece));
    }

    [Fact]
    public async Task SpeakLongAsync_PieceThatIsCutOff_IsNoPrompt()
    {
        LongSpeechResult speech = await _tts.SpeakLongAsync(Script, longOptions: s_turns, options: TinyModel.Greedy with { MaxNewTokens = 20 });

        Assert.All(speech.Pieces, piece =>
        {
            Assert.Equal(FinishReason.Length, piece.FinishReason);
            AssertSame(_tts.Speak(piece.Text, TinyModel.Greedy with { MaxNewTokens = 20 }), piece);
        });
    }

    [Fact]
    public async Task SpeakLongAsync_Pause_IsSilenceBetweenPieces()
    {
        var longOptions = s_turns with { Pause = TimeSpan.FromSeconds(0.1), Continuity = SpeechContinuity.None };

        LongSpeechResult speech = await _tts.SpeakLongAsync($"{First} {Second}", longOptions: longOptions, options: s_options);

        int first = speech.Pieces[0].Audio.Samples.Length;
        Assert.Equal(first + 4410 + speech.Pieces[1].Audio.Samples.Length, speech.Audio.Samples.Length);
        Assert.All(speech.Audio.Samples.Slice(first, 4410).ToArray(), sample => Assert.Equal(0, sample));
    }

    [Fact]
    public async Task SpeakLongAsync_NoLimit_EndsAPieceThatHasLostItsWay()
    {
        // The tiny model does not come to an end here by itself: 3 times 0.9 seconds, and 5.
        LongSpeechResult speech = await _tts.SpeakLongAsync("Wait for me.", options: new GenerationOptions { Seed = 1, MinNewTokens = 20_000 });

        double expected = (3 * ScriptSplitter.EstimateDuration("Wait for me.").TotalSeconds) + 5;
        Assert.Equal(FinishReason.Length, speech.Pieces[0].FinishReason);
        Assert.InRange(speech.Audio.Duration.TotalSeconds, expected - 0.02, expected);
    }

    [Fact]
    public async Task SpeakPiecesAsync_CancelledBetweenPieces_Stops()
    {
        using var source = new CancellationTokenSource();
        var pieces = new List<SpeechResult>();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (SpeechResult piece in _tts.SpeakPiecesAsync(Script, longOptions: s_turns, options: s_options, cancellationToken: source.Token))
            {
                pieces.Add(piece);
                await source.CancelAsync();
            }
        });

        Assert.Single(pieces);
    }

    [Fact]
    public async Task SpeakLongAsync_CancelledWithReturnPartial_KeepsWhatWasSpoken()
    {
        using var source = new CancellationTokenSource();
        GenerationOptions partial = s_options with { OnCancellation = CancellationBehavior.ReturnPartial };
        var pieces = new List<SpeechResult>();
        await foreach (SpeechResult piece in _tts.SpeakPiecesAsync(Script, longOptions: s_turns, options: partial, cancellationToken: source.Token))
        {
            pieces.Add(piece);
            await source.CancelAsync();
        }

        AssertSame(_tts.Speak(First, s_options), Assert.Single(pieces));
        Assert.True((await _tts.SpeakLongAsync(Script, longOptions: s_turns, options: partial)).IsComplete);

        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        LongSpeechResult cut = await _tts.SpeakLongAsync(
            Script, longOptions: s_turns, options: TinyModel.Endless with { OnCancellation = CancellationBehavior.ReturnPartial },
            cancellationToken: soon.Token);
        Assert.Equal((1, FinishReason.Cancelled, false), (cut.Pieces.Count, cut.Pieces[0].FinishReason, cut.IsComplete));
    }

    [Fact]
    public async Task SpeakLongAsync_NothingToSay_Throws()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _tts.SpeakLongAsync("[S1] "));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _tts.SpeakLongAsync(null!));
        await Assert.ThrowsAsync<ArgumentException>(() => _tts.SpeakLongAsync("[S1] a\u0001"));
        AssertThrows.Message<ArgumentOutOfRangeException>("from none to a minute", () => new LongSpeechOptions { Pause = TimeSpan.FromHours(1) });
        AssertThrows.Message<ArgumentOutOfRangeException>("PreviousPiece, FirstPiece, None", () => new LongSpeechOptions { Continuity = (SpeechContinuity)7 });
    }

    [Fact]
    public void Concatenate_WrongPieces_Throws()
    {
        var low = new AudioBuffer(new float[10], 8000);
        var high = new AudioBuffer(new float[10], 16000);

        AssertThrows.Message<ArgumentException>("at least one piece", () => AudioBuffer.Concatenate([]));
        AssertThrows.Message<ArgumentException>("A piece has 16000 Hz, the first one 8000 Hz", () => AudioBuffer.Concatenate([low, high]));
        AssertThrows.Message<ArgumentOutOfRangeException>("pause", () => AudioBuffer.Concatenate([low, low], TimeSpan.FromSeconds(-1)));
        Assert.Equal(10, AudioBuffer.Concatenate([low], TimeSpan.FromSeconds(1)).Samples.Length);
    }

    private static void AssertSame(SpeechResult expected, SpeechResult actual)
    {
        Assert.Equal((expected.Text, expected.FinishReason), (actual.Text, actual.FinishReason));
        Assert.Equal(expected.Codes.Cast<int>(), actual.Codes.Cast<int>());
        Assert.Equal(expected.Audio.Samples.ToArray(), actual.Audio.Samples.ToArray());
    }
}
