namespace DiaNative.Tests.Generation;

public sealed class DiaForConditionalGenerationTests : IDisposable
{
    private static readonly string[] s_texts = ["[S1] Wait for me.", "[S2] The train leaves at nine, I think.", "[S1] Right?"];

    private readonly DiaModel _model = TinyModel.Load();
    private readonly DiaProcessor _processor;
    private readonly DiaForConditionalGeneration _dia;

    public DiaForConditionalGenerationTests()
    {
        _processor = new DiaProcessor(_model);
        _dia = new DiaForConditionalGeneration(_model);
    }

    public void Dispose()
    {
        _dia.Dispose();
        _processor.Dispose();
        _model.Dispose();
    }

    [Theory]
    [InlineData("generate/text_length")]
    [InlineData("generate/batch3_mixed")]
    [InlineData("generate/prompt_batch3")]
    [InlineData("generate/text_shorter_than_delay")]
    public async Task GenerateAsync_GoldenInputs_GivesTheSequencesOfTheReference(string id)
    {
        GoldenCase golden = GoldenSet.Tiny.Case(id);

        DiaGeneration generation = await _dia.GenerateAsync(golden.Inputs(), golden.Options());

        Assert.Equal(golden.Cube("sequences"), generation.Tokens);
        Assert.Equal(golden.Entry.GetProperty("audio_prompt_len").GetInt32(), generation.AudioPromptLength);
    }

    [Fact]
    public void Generate_Batch_RowsSpeakAsTheyDoAlone()
    {
        GenerationOptions options = TinyModel.Greedy with { DoSample = true, GuidanceScale = 3, Seed = 11 };

        DiaGeneration batch = _dia.Generate(_processor.Process(s_texts), options);

        for (int row = 0; row < s_texts.Length; row++)
        {
            DiaGeneration alone = _dia.Generate(_processor.Process(s_texts[row]), options);
            Assert.Equal(alone.Rows[0].Codes, batch.Rows[row].Codes);
            Assert.Equal(11UL, batch.Rows[row].Seed);
        }
    }

    [Fact]
    public void Generate_SameSeed_GivesTheSameTokensForAnyThreads()
    {
        GenerationOptions options = TinyModel.Greedy with { DoSample = true, Seed = 3 };
        int[,,] expected = _dia.Generate(_processor.Process(s_texts[0]), options).Tokens;

        Assert.Equal(expected, _dia.Generate(_processor.Process(s_texts[0]), options).Tokens);
        Assert.Equal(expected, _dia.Generate(_processor.Process(s_texts[0]), options with { Threads = 2 }).Tokens);
        Assert.NotEqual(expected, _dia.Generate(_processor.Process(s_texts[0]), options with { Seed = 4 }).Tokens);
    }

    [Fact]
    public void Generate_DrawnSeed_MakesTheSameSpeechAgain()
    {
        GenerationOptions options = TinyModel.Greedy with { DoSample = true };
        DiaGeneration first = _dia.Generate(_processor.Process(s_texts[0]), options);

        DiaGeneration second = _dia.Generate(_processor.Process(s_texts[0]), options with { Seed = first.Rows[0].Seed });

        Assert.Equal(first.Tokens, second.Tokens);
    }

    [Fact]
    public void Generate_RowSeeds_GiveEveryRowItsOwnSpeech()
    {
        GenerationOptions options = TinyModel.Greedy with { DoSample = true, RowSeeds = [7, 8, 7] };

        DiaGeneration generation = _dia.Generate(_processor.Process([s_texts[0], s_texts[0], s_texts[0]]), options);

        Assert.Equal([7UL, 8UL, 7UL], generation.Rows.Select(row => row.Seed));
        Assert.Equal(generation.Rows[0].Codes, generation.Rows[2].Codes);
        Assert.NotEqual(generation.Rows[0].Codes, generation.Rows[1].Codes);
        AssertThrows.Message<ArgumentException>("3 RowSeeds for 1 rows", () => _dia.Generate(_processor.Process(s_texts[0]), options));
    }

    [Fact]
    public void Generate_ZeroTemperature_IsGreedy() =>
        Assert.Equal(
            _dia.Generate(_processor.Process(s_texts[0]), TinyModel.Greedy).Tokens,
            _dia.Generate(_processor.Process(s_texts[0]), TinyModel.Greedy with { DoSample = true, Temperature = 0 }).Tokens);

    [Fact]
    public void Generate_MaxDuration_LimitsTheFrames()
    {
        GenerationOptions options = TinyModel.Greedy with { MaxNewTokens = null, MaxDuration = TimeSpan.FromSeconds(0.25), MinNewTokens = 1000 };

        DiaGenerationRow row = _dia.Generate(_processor.Process(s_texts[0]), options).Rows[0];

        Assert.Equal((21, FinishReason.Length), (row.Frames, row.FinishReason));
    }

    [Fact]
    public void Generate_BeyondTheUsualLength_GivesEveryFrame()
    {
        GenerationOptions options = TinyModel.Greedy with { MaxNewTokens = 3200, MinNewTokens = 3200 };

        DiaGenerationRow row = _dia.Generate(_processor.Process(s_texts[0]), options).Rows[0];

        Assert.Equal((3200 - 16, FinishReason.Length), (row.Frames, row.FinishReason));
    }

    [Fact]
    public void Generate_Progress_CountsUpToTheEnd()
    {
        var reports = new List<GenerationProgress>();

        DiaGeneration generation = _dia.Generate(
            _processor.Process(s_texts), TinyModel.Greedy, new ImmediateProgress<GenerationProgress>(reports.Add));

        Assert.Equal(Enumerable.Range(1, reports.Count), reports.Select(report => report.Step));
        GenerationProgress last = reports[^1];
        int frames = generation.Rows.Sum(row => row.Frames);
        Assert.Equal((0, frames, TinyModel.Greedy.MaxNewTokens), (last.ActiveRows, last.Frames, last.MaxSteps));
        Assert.Equal(frames * 512 / 44100.0, last.Duration.TotalSeconds, 5);
        Assert.True(last.TokensPerSecond > 0 && last.RealTimeFactor > 0, last.ToString());
        Assert.InRange(last.Step, 1, last.MaxSteps);
    }

    [Fact]
    public async Task GenerateAsync_ProgressThrows_ThrowsThatException() =>
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => _dia.GenerateAsync(
            _processor.Process(s_texts[0]),
            TinyModel.Greedy,
            new ImmediateProgress<GenerationProgress>(_ => throw new TimeZoneNotFoundException())));

    [Fact]
    public async Task GenerateAsync_CancelledBefore_Throws()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        GenerationOptions options = TinyModel.Greedy with { OnCancellation = CancellationBehavior.ReturnPartial };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _dia.GenerateAsync(_processor.Process(s_texts[0]), options, cancellationToken: source.Token));
    }

    [Fact]
    public async Task GenerateAsync_CancelledDuring_ThrowsWithTheToken()
    {
        using var source = new CancellationTokenSource();

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _dia.GenerateAsync(_processor.Process(s_texts[0]), TinyModel.Endless, CancelAt(30, source), source.Token));

        Assert.Equal(source.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task GenerateAsync_CancelledDuringWithReturnPartial_ReturnsWhatWasGenerated()
    {
        using var source = new CancellationTokenSource();
        GenerationOptions options = TinyModel.Endless with { OnCancellation = CancellationBehavior.ReturnPartial };

        DiaGeneration generation = await _dia.GenerateAsync(_processor.Process(s_texts), options, CancelAt(30, source), source.Token);

        Assert.All(generation.Rows, row => Assert.Equal((FinishReason.Cancelled, 15), (row.FinishReason, row.Frames)));
        Assert.Equal((3, 31), (generation.Tokens.GetLength(0), generation.Tokens.GetLength(1)));
        Assert.All(_processor.DecodeBatch(generation.Tokens), audio => Assert.Equal(15 * 512, audio.Samples.Length));
    }

    [Fact]
    public void Generate_InputsOfAnotherShape_Throws()
    {
        DiaInputs inputs = _processor.Process(s_texts[0]);
        int[,] ids = inputs.InputIds;
        int[,] mask = inputs.AttentionMask;
        int[,,] prefix = inputs.DecoderInputIds;
        int[,] prefixMask = inputs.DecoderAttentionMask;

        AssertRefused("8 channels", new DiaInputs(ids, mask, new int[1, 16, 8], prefixMask, 1));
        AssertRefused("needs 17", new DiaInputs(ids, mask, prefix, prefixMask, 2));
        AssertRefused("16 positions of padding", new DiaInputs(ids, mask, prefix, new int[1, 16], 1));
        Assert.Throws<ArgumentException>(() => new DiaInputs(ids, new int[1, 1], prefix, prefixMask, 1));
        Assert.Throws<ArgumentException>(() => new DiaInputs(ids, mask, new int[2, 16, 9], prefixMask, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiaInputs(ids, mask, prefix, prefixMask, 0));

        void AssertRefused(string expected, DiaInputs wrong) => AssertThrows.Message<ArgumentException>(expected, () => _dia.Generate(wrong));
    }

    [Fact]
    public async Task GenerateAsync_SideBySide_DoNotDisturbEachOther()
    {
        int[,,] expected = _dia.Generate(_processor.Process(TinyModel.Text), TinyModel.Greedy).Tokens;

        DiaGeneration[] generations = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => _dia.GenerateAsync(_processor.Process(TinyModel.Text), TinyModel.Greedy)));

        Assert.All(generations, generation => Assert.Equal(expected, generation.Tokens));
    }

    [Fact]
    public void Load_Path_OwnsTheModel()
    {
        DiaForConditionalGeneration dia = DiaForConditionalGeneration.Load(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });
        dia.Dispose();
        dia.Dispose();

        Assert.Throws<ObjectDisposedException>(() => dia.Generate(_processor.Process(s_texts[0])));
    }

    private static ImmediateProgress<GenerationProgress> CancelAt(int step, CancellationTokenSource source) => new(report =>
    {
        if (report.Step == step)
        {
            source.Cancel();
        }
    });
}
