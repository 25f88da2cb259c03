namespace DiaNative.Tests.Generation;

public sealed class DiaGeneratorTests
{
    [Fact]
    public void Step_UntilTheEnd_GivesWhatGenerateGives()
    {
        using DiaModel model = TinyModel.Load();
        using var processor = new DiaProcessor(model);
        DiaGeneration whole = new DiaForConditionalGeneration(model).Generate(processor.Process(TinyModel.Text), TinyModel.Greedy);
        using var generator = new DiaGenerator(model, TinyModel.Greedy);

        int row = generator.Add(TinyModel.Text);
        Assert.Equal((0, 1), (row, generator.RowCount));
        generator.Prefill();
        var codes = new List<int>();
        int frames = 0;
        while (generator.Step() > 0)
        {
            Assert.Null(generator.GetRow(row).FinishReason);
            codes.AddRange(generator.GetFrames(row, frames).Cast<int>());
            frames = generator.GetRow(row).Frames;
        }

        codes.AddRange(generator.GetFrames(row, frames).Cast<int>());
        GenerationRowState state = generator.GetRow(row);
        Assert.Equal(whole.Rows[0].Codes.Cast<int>(), codes);
        Assert.Equal(whole.Tokens.Cast<int>(), generator.GetTokens(row).Cast<int>());
        Assert.Equal((whole.Rows[0].FinishReason, whole.Rows[0].Frames, 0), (state.FinishReason, state.Frames, state.PromptFrames));
        Assert.Equal(1 + TinyModel.Greedy.MaxNewTokens, state.MaxTokens);
        Assert.Equal(0, generator.Step());
    }

    [Fact]
    public void Step_OnceBegun_AllocatesNothing()
    {
        using DiaModel model = TinyModel.Load();
        using var source = new CancellationTokenSource();
        using var generator = new DiaGenerator(model, TinyModel.Endless with { MaxNewTokens = 120 });
        int row = generator.Add(TinyModel.Text);
        generator.Prefill();
        int frames = Run(20);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int more = Run(60);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(60, more - frames);

        int Run(int steps)
        {
            while (steps-- > 0 && generator.Step(source.Token) > 0)
            {
            }

            return generator.GetRow(row).Frames;
        }
    }

    [Fact]
    public void Add_TextAndTokens_GiveTheSameRow()
    {
        using DiaModel model = TinyModel.Load();
        using var generator = new DiaGenerator(model, TinyModel.Greedy);

        generator.Add(TinyModel.Text);
        generator.Add(new DiaTokenizer().Encode(TinyModel.Text).InputIds.Cast<int>().ToArray(), seed: 5);
        generator.Prefill();
        while (generator.Step() > 0)
        {
        }

        Assert.Equal(generator.GetTokens(0), generator.GetTokens(1));
        Assert.Equal(5UL, generator.GetRow(1).Seed);
    }

    [Fact]
    public void Add_BadArguments_Throws()
    {
        using DiaModel model = TinyModel.Load();
        using var generator = new DiaGenerator(model);

        Assert.Throws<ArgumentException>(() => generator.Add(""));
        Assert.Throws<ArgumentException>(() => generator.Add("a<pad>"));
        Assert.Throws<ArgumentException>(() => generator.Add("a\u0002"));
        Assert.Throws<TextTooLongException>(() => generator.Add(new string('x', 1025)));
        Assert.Throws<ArgumentException>(() => generator.Add(ReadOnlyMemory<int>.Empty));
        Assert.Throws<ArgumentException>(() => generator.Add(new[] { 256 }));
        AssertThrows.Message<ArgumentException>("8 codes per frame", () => generator.Add(new[] { 65 }, new int[2, 8]));
        Assert.Throws<ArgumentException>(() => generator.Add(new[] { 65 }, new int[,] { { 1024, 0, 0, 0, 0, 0, 0, 0, 0 } }));
        Assert.Equal(0, generator.RowCount);
    }

    [Fact]
    public void Calls_InTheWrongOrder_Throw()
    {
        using DiaModel model = TinyModel.Load();
        using var generator = new DiaGenerator(model, TinyModel.Greedy);

        Assert.Throws<InvalidOperationException>(() => generator.Prefill());
        generator.Add(TinyModel.Text);
        Assert.Throws<InvalidOperationException>(() => generator.Step());
        generator.Prefill();
        Assert.Throws<InvalidOperationException>(() => generator.Prefill());
        Assert.Throws<InvalidOperationException>(() => generator.Add(TinyModel.Text));
        Assert.Throws<ArgumentException>(() => generator.GetRow(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => generator.GetFrames(0, 1));
    }

    [Fact]
    public void Step_Cancelled_KeepsWhatWasGenerated()
    {
        using DiaModel model = TinyModel.Load();
        using var generator = new DiaGenerator(model, TinyModel.Greedy);
        generator.Add(TinyModel.Text);
        generator.Prefill();
        generator.Step();
        int[,] before = generator.GetTokens(0);

        Assert.Throws<OperationCanceledException>(() => generator.Step(new CancellationToken(canceled: true)));

        Assert.Equal(before, generator.GetTokens(0));
        Assert.ThrowsAny<Exception>(() => generator.Step());
    }

    [Fact]
    public void Prefill_Cancelled_Throws()
    {
        using DiaModel model = TinyModel.Load();
        using var generator = new DiaGenerator(model, TinyModel.Greedy);
        generator.Add(TinyModel.Text);

        Assert.Throws<OperationCanceledException>(() => generator.Prefill(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Step_TwoThreads_OneFailsClearly()
    {
        using DiaModel model = TinyModel.Load();
        using var generator = new DiaGenerator(model, TinyModel.Endless);
        generator.Add(TinyModel.Text);
        generator.Prefill();
        using var started = new SemaphoreSlim(0);
        using var stop = new CancellationTokenSource();
        Task stepping = Task.Run(() =>
        {
            started.Release();
            while (!stop.IsCancellationRequested && generator.Step() > 0)
            {
            }
        });
        await started.WaitAsync();

        // Between two steps the generator is free for a moment: a second thread may win it, and then the first one fails.
        Exception? clash = null;
        for (int i = 0; i < 1_000_000 && clash is null && !stepping.IsCompleted; i++)
        {
            clash = Record.Exception(() => generator.GetRow(0));
        }

        await stop.CancelAsync();
        clash ??= await Record.ExceptionAsync(() => stepping);
        await Record.ExceptionAsync(() => stepping);

        Assert.IsType<InvalidOperationException>(clash);
        Assert.Contains("another thread", clash.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_DuringAStep_StopsIt()
    {
        using DiaModel model = TinyModel.Load();
        var generator = new DiaGenerator(model, TinyModel.Endless);
        generator.Add(TinyModel.Text);
        generator.Prefill();
        using var started = new SemaphoreSlim(0);
        Task stepping = Task.Run(() =>
        {
            while (generator.Step() > 0)
            {
                started.Release();
            }
        });
        await started.WaitAsync();

        generator.Dispose();
        generator.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => stepping);
        Assert.Throws<ObjectDisposedException>(() => generator.Step());
        Assert.Throws<ObjectDisposedException>(() => generator.GetRow(0));
    }

    [Fact]
    public void Step_ModelDisposed_GoesOn()
    {
        DiaModel model = TinyModel.Load();
        using var generator = new DiaGenerator(model, TinyModel.Greedy);
        generator.Add(TinyModel.Text);
        model.Dispose();

        generator.Prefill();

        Assert.Equal(1, generator.Step());
    }

    [Fact]
    public void Constructor_LowTemperature_WarnsUnlessClamped()
    {
        var logger = new RecordingLogger();
        using var factory = new SingleLoggerFactory(logger);
        using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, new DiaModelOptions { LoggerFactory = factory });

        new DiaGenerator(model, new GenerationOptions { Temperature = 0.5f, ClampTemperature = true }).Dispose();
        new DiaGenerator(model, new GenerationOptions { Temperature = 0 }).Dispose();
        Assert.DoesNotContain(6, logger.EventIds);

        new DiaGenerator(model, new GenerationOptions { Temperature = 0.5f }).Dispose();
        Assert.Contains(6, logger.EventIds);
    }
}
