namespace DiaNative.Tests;

public sealed class StreamingTests : IDisposable
{
    private static readonly GenerationOptions s_speech = new() { Seed = 5, MaxNewTokens = 120, MinNewTokens = 90 };

    private readonly DiaTextToSpeech _tts = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });

    public void Dispose() => _tts.Dispose();

    public static TheoryData<double, double> Durations => new() { { 0.25, 1 }, { 0.001, 0.001 }, { 0.02, 0.3 }, { 60, 60 } };

    [Theory]
    [MemberData(nameof(Durations))]
    public async Task SpeakStreamingAsync_Pieces_AreTheWholeSpeech(double first, double others)
    {
        SpeechResult whole = _tts.Speak(TinyModel.Text, s_speech);
        var streaming = new StreamingOptions
        {
            FirstChunkDuration = TimeSpan.FromSeconds(first),
            ChunkDuration = TimeSpan.FromSeconds(others),
        };

        List<AudioChunk> chunks = await Collect(_tts.SpeakStreamingAsync(TinyModel.Text, s_speech, streaming));

        Assert.Equal(whole.Audio.Samples.ToArray(), chunks.SelectMany(chunk => chunk.Audio.Samples.ToArray()));
        Assert.Equal(Enumerable.Range(0, chunks.Count), chunks.Select(chunk => chunk.Index));
        Assert.All(chunks, chunk => Assert.Equal((44100, whole.Seed), (chunk.Audio.SampleRate, chunk.Seed)));
        Assert.All(chunks[..^1], chunk => Assert.False(chunk.IsLast));
        Assert.Equal((true, whole.FinishReason), (chunks[^1].IsLast, chunks[^1].FinishReason));
        Assert.All(chunks[1..], chunk => Assert.Equal(
            chunks[..chunk.Index].Sum(before => before.Audio.Samples.Length) / 44100.0, chunk.Start.TotalSeconds, tolerance: 1e-6));
    }

    [Fact]
    public async Task SpeakStreamingAsync_Durations_GiveTheSizesOfThePieces()
    {
        var streaming = new StreamingOptions { FirstChunkDuration = TimeSpan.FromSeconds(0.12), ChunkDuration = TimeSpan.FromSeconds(0.35) };

        List<AudioChunk> chunks = await Collect(_tts.SpeakStreamingAsync(TinyModel.Text, s_speech, streaming));

        Assert.Equal(10 * 512, chunks[0].Audio.Samples.Length);
        Assert.All(chunks[1..^1], chunk => Assert.Equal(30 * 512, chunk.Audio.Samples.Length));
        Assert.InRange(chunks[^1].Audio.Samples.Length, 512, 30 * 512);
    }

    [Fact]
    public async Task SpeakStreamingAsync_Request_SpeaksWithItsSeed()
    {
        var request = new SpeechRequest("Not today.") { Seed = 77 };
        SpeechResult whole = _tts.SpeakAll([request], s_speech)[0];

        List<AudioChunk> chunks = await Collect(_tts.SpeakStreamingAsync(request, s_speech));

        Assert.Equal(whole.Audio.Samples.ToArray(), chunks.SelectMany(chunk => chunk.Audio.Samples.ToArray()));
        Assert.Equal(77UL, chunks[0].Seed);
    }

    [Fact]
    public async Task SpeakStreamingAsync_LimitBelowOneFrame_IsOneEmptyPiece()
    {
        AudioChunk only = Assert.Single(await Collect(_tts.SpeakStreamingAsync("[S1] Hi.", TinyModel.Greedy with { MaxNewTokens = 10 })));

        Assert.Equal((0, FinishReason.Length), (only.Audio.Samples.Length, only.FinishReason));
    }

    [Fact]
    public async Task SpeakStreamingAsync_SlowReader_MakesTheModelWait()
    {
        int steps = 0;
        GenerationOptions options = TinyModel.Endless with { LogitsProcessor = _ => Interlocked.Increment(ref steps) };
        var streaming = new StreamingOptions
        {
            FirstChunkDuration = TimeSpan.FromSeconds(0.05),
            ChunkDuration = TimeSpan.FromSeconds(0.05),
            BufferedChunks = 2,
        };
        await using IAsyncEnumerator<AudioChunk> reader = _tts.SpeakStreamingAsync(TinyModel.Text, options, streaming).GetAsyncEnumerator();

        Assert.True(await reader.MoveNextAsync());
        int before;
        do
        {
            before = Volatile.Read(ref steps);
            await Task.Delay(TimeSpan.FromMilliseconds(500));
        }
        while (Volatile.Read(ref steps) != before);

        // One piece is taken, two wait, one is being handed on: 4 pieces of 4 frames, what they depend on, and a piece's worth of frames.
        Assert.InRange(before, 16, 16 + 24 + 4 + 4 + 1);
    }

    [Fact]
    public async Task SpeakStreamingAsync_BrokenOut_StopsTheGeneration()
    {
        int steps = 0;
        GenerationOptions options = TinyModel.Endless with { LogitsProcessor = _ => Interlocked.Increment(ref steps) };

        await foreach (AudioChunk chunk in _tts.SpeakStreamingAsync(TinyModel.Text, options))
        {
            Assert.False(chunk.IsLast);
            break;
        }

        int after = Volatile.Read(ref steps);
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        Assert.Equal(after, Volatile.Read(ref steps));
    }

    [Fact]
    public async Task SpeakStreamingAsync_Cancelled_Throws()
    {
        using var source = new CancellationTokenSource();
        int chunks = 0;

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (AudioChunk chunk in _tts.SpeakStreamingAsync(TinyModel.Text, TinyModel.Endless).WithCancellation(source.Token))
            {
                chunks++;
                await source.CancelAsync();
            }
        });

        Assert.Equal(1, chunks);
        Assert.Equal(source.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task SpeakStreamingAsync_CancelledWithReturnPartial_EndsWithWhatWasSpoken()
    {
        using var source = new CancellationTokenSource();
        GenerationOptions options = TinyModel.Endless with { OnCancellation = CancellationBehavior.ReturnPartial };
        var chunks = new List<AudioChunk>();

        await foreach (AudioChunk chunk in _tts.SpeakStreamingAsync(TinyModel.Text, options, cancellationToken: source.Token))
        {
            chunks.Add(chunk);
            await source.CancelAsync();
        }

        Assert.Equal(FinishReason.Cancelled, chunks[^1].FinishReason);
        Assert.True(chunks.Sum(chunk => chunk.Audio.Samples.Length) > chunks[0].Audio.Samples.Length);
    }

    [Fact]
    public async Task SpeakStreamingAsync_CancelledBefore_BeginsNothing()
    {
        int steps = 0;
        GenerationOptions options = TinyModel.Greedy with { LogitsProcessor = _ => steps++ };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Collect(_tts.SpeakStreamingAsync(TinyModel.Text, options, cancellationToken: new CancellationToken(canceled: true))));

        Assert.Equal(0, steps);
    }

    [Fact]
    public async Task SpeakStreamingAsync_HookThrows_ReachesTheReader() =>
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => Collect(_tts.SpeakStreamingAsync(
            TinyModel.Text, TinyModel.Greedy with { LogitsProcessor = _ => throw new TimeZoneNotFoundException() })));

    [Fact]
    public async Task SpeakStreamingAsync_StoppingCriterion_EndsThePieces()
    {
        GenerationOptions options = TinyModel.Endless with { StoppingCriterion = context => context.State.Frames == 40 };

        List<AudioChunk> chunks = await Collect(_tts.SpeakStreamingAsync(TinyModel.Text, options));

        Assert.Equal(FinishReason.StoppingCriterion, chunks[^1].FinishReason);
        Assert.Equal(40 * 512, chunks.Sum(chunk => chunk.Audio.Samples.Length));
    }

    [Fact]
    public void SpeakStreamingAsync_WrongArguments_ThrowBeforeAnythingIsRead()
    {
        Assert.Throws<ArgumentNullException>(() => _tts.SpeakStreamingAsync((string)null!));
        Assert.Throws<ArgumentException>(() => _tts.SpeakStreamingAsync(""));
        ArgumentException exception =
            Assert.Throws<ArgumentException>(() => _tts.SpeakStreamingAsync("[S1] Hi.", new GenerationOptions { OutputScores = true }));
        Assert.Contains("OutputScores", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GenerateStreamingAsync_Parts_AreTheFramesOfEveryRow()
    {
        using var dia = new DiaForConditionalGeneration(_tts.Model);
        DiaInputs inputs = _tts.Processor.Process(["[S1] Wait for me.", "[S2] The train leaves at nine, I think.", "[S1] Right?"]);
        GenerationOptions options = TinyModel.Greedy with { MaxNewTokens = 60 };
        DiaGeneration whole = dia.Generate(inputs, options);

        var parts = new List<GeneratedFrames>();
        await foreach (GeneratedFrames part in dia.GenerateStreamingAsync(inputs, options))
        {
            parts.Add(part);
        }

        for (int row = 0; row < whole.Rows.Count; row++)
        {
            List<GeneratedFrames> own = [.. parts.Where(part => part.Row == row)];
            Assert.Equal(whole.Rows[row].Codes.Flat().ToArray(), own.SelectMany(part => part.Codes.Flat().ToArray()));
            Assert.Equal(whole.Rows[row].FinishReason, own[^1].FinishReason);
            Assert.All(own[..^1], part => Assert.Null(part.FinishReason));
            Assert.Equal(own.Select((_, i) => own[..i].Sum(part => part.Codes.GetLength(0))), own.Select(part => part.FirstFrame));
        }
    }

    [Fact]
    public async Task GenerateStreamingAsync_CancelledWithReturnPartial_EndsEveryRow()
    {
        using var dia = new DiaForConditionalGeneration(_tts.Model);
        using var source = new CancellationTokenSource();
        DiaInputs inputs = _tts.Processor.Process(["[S1] Wait for me.", "[S1] Right?"]);
        GenerationOptions options = TinyModel.Endless with { OnCancellation = CancellationBehavior.ReturnPartial };

        var ends = new List<FinishReason?>();
        await foreach (GeneratedFrames part in dia.GenerateStreamingAsync(inputs, options, source.Token))
        {
            await source.CancelAsync();
            if (part.FinishReason is not null)
            {
                ends.Add(part.FinishReason);
            }
        }

        Assert.Equal([FinishReason.Cancelled, FinishReason.Cancelled], ends);
    }

    public static TheoryData<string, string, Func<StreamingOptions>> Faults => new()
    {
        { "FirstChunkDuration", "above 0 and at most one minute, not 00:00:00", () => new() { FirstChunkDuration = TimeSpan.Zero } },
        { "ChunkDuration", "above 0 and at most one minute, not 00:02:00", () => new() { ChunkDuration = TimeSpan.FromMinutes(2) } },
        { "BufferedChunks", "from 1 to 1024, not 0", () => new() { BufferedChunks = 0 } },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void StreamingOptions_OutOfRange_NamesTheOptionItsRangeAndItsValue(string name, string expected, Func<StreamingOptions> create)
    {
        ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(create);

        Assert.Equal(name, exception.ParamName);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    private static async Task<List<AudioChunk>> Collect(IAsyncEnumerable<AudioChunk> stream)
    {
        var chunks = new List<AudioChunk>();
        await foreach (AudioChunk chunk in stream)
        {
            chunks.Add(chunk);
        }

        return chunks;
    }
}
