namespace DiaNative.Tests.Forward;

public sealed class KeyValueCacheTests
{
    private static readonly int[,] s_ids = { { 1, 72, 105, 46 }, { 2, 33, 44, 0 } };
    private static readonly int[,] s_mask = { { 1, 1, 1, 1 }, { 1, 1, 1, 0 } };

    [Fact]
    public void Forward_InSteps_GivesWhatOnePassGives()
    {
        using DiaModel model = TinyModel.Load();
        using var dia = new DiaForConditionalGeneration(model);
        int[,,] tokens = ForwardTests.Tokens(2, 6);
        DiaOutput whole = dia.Forward(new() { InputIds = s_ids, AttentionMask = s_mask, DecoderInputIds = tokens, UseCache = true });
        using KeyValueCache all = whole.PastKeyValues!;

        DiaOutput begin = dia.Forward(new() { InputIds = s_ids, AttentionMask = s_mask, DecoderInputIds = Part(tokens, 0, 4), UseCache = true });
        using KeyValueCache cache = begin.PastKeyValues!;
        Assert.Equal((2, 4), (cache.Count, cache.Length));
        DiaOutput end = dia.Forward(new() { PastKeyValues = cache, DecoderInputIds = Part(tokens, 4, 2), OutputAttentions = true });

        Assert.Same(cache, end.PastKeyValues);
        Assert.Equal(all.Length, cache.Length);
        Assert.Equal(6, end.DecoderAttentions![0].GetLength(3));
        Assert.Null(end.EncoderLastHiddenState);
        float largest = whole.Logits.Cast<float>().Max(Math.Abs);
        for (int row = 0; row < 18; row++)
        {
            Difference difference = Difference.Between(end[row / 9, row % 9, 1], whole[row / 9, row % 9, 5]);
            Assert.True(difference.MaxAbs <= 1e-5 * largest, $"row {row}: {difference.MaxAbs:G3} of {largest:G3}");
        }
    }

    [Fact]
    public void Truncate_ToFewerPositions_GoesOnFromThere()
    {
        using DiaModel model = TinyModel.Load();
        int[,,] tokens = ForwardTests.Tokens(2, 6);
        var inputs = new DiaForwardInputs { InputIds = s_ids, DecoderInputIds = Part(tokens, 0, 3), UseCache = true };
        using KeyValueCache cache = model.Forward(inputs).PastKeyValues!;

        float[] expected = [.. model.Forward(new() { PastKeyValues = cache, DecoderInputIds = Part(tokens, 3, 2) }).LastHiddenState.Cast<float>()];
        cache.Truncate(3);
        Assert.Equal(3, cache.Length);
        Assert.Equal(expected, model.Forward(new() { PastKeyValues = cache, DecoderInputIds = Part(tokens, 3, 2) }).LastHiddenState.Cast<float>());

        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(6));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(-1));
    }

    [Fact]
    public void Forward_MaskedPositions_AreZeroAndStayMasked()
    {
        using DiaModel model = TinyModel.Load();
        int[,,] tokens = ForwardTests.Tokens(2, 3);
        DiaModelOutput begin = model.Forward(new()
        {
            InputIds = s_ids,
            DecoderInputIds = tokens,
            DecoderAttentionMask = new[,] { { 1, 1, 1 }, { 0, 0, 1 } },
            UseCache = true,
        });
        using KeyValueCache cache = begin.PastKeyValues!;
        Assert.Equal(0, begin.LastHiddenState[1, 1, 5]);
        Assert.NotEqual(0, begin.LastHiddenState[1, 2, 5]);

        var step = new DiaForwardInputs { PastKeyValues = cache, OutputAttentions = true };
        DiaModelOutput output = model.Forward(step);
        Assert.Equal(0, output.DecoderAttentions![0][1, 0, 0, 1]);
        Assert.NotEqual(0, output.DecoderAttentions[0][1, 0, 0, 2]);
        Assert.NotEqual(0, output.DecoderAttentions[0][0, 0, 0, 1]);

        output = model.Forward(step with { DecoderAttentionMask = new[,] { { 1, 1, 1, 1, 0 }, { 0, 0, 1, 1, 0 } } });
        Assert.All(output.LastHiddenState.Cast<float>(), value => Assert.Equal(0, value));
        Assert.Equal(5, cache.Length);
        AssertThrows.Message<ArgumentException>(
            "Row 1 of DecoderAttentionMask differs, in the first 5 columns",
            () => model.Forward(step with { DecoderAttentionMask = new[,] { { 1, 1, 1, 1, 0, 1 }, { 1, 0, 1, 1, 0, 1 } } }));
    }

    [Fact]
    public void Forward_AllPositionsOfTheModel_Fit()
    {
        using DiaModel model = TinyModel.Load();
        int most = model.Config.MaxPositions;
        var inputs = new DiaForwardInputs { InputIds = new[,] { { 1, 65 } }, DecoderInputIds = ForwardTests.Tokens(1, most), UseCache = true };
        using KeyValueCache cache = model.Forward(inputs).PastKeyValues!;

        Assert.Equal(most, cache.Length);
        AssertThrows.Message<ArgumentException>(
            $"1 positions behind the {most} of PastKeyValues", () => model.Forward(new() { PastKeyValues = cache }));
        DiaModelOutput hidden = model.Forward(new() { PastKeyValues = cache, DecoderAttentionMask = Mask(1, most + 1, (0, most)) });
        Assert.Equal(most + 1, hidden.PastKeyValues!.Length); // padding takes no room
    }

    [Fact]
    public void Forward_FailureInALaterRow_LeavesTheCacheAsItWas()
    {
        using DiaModel model = TinyModel.Load();
        using KeyValueCache cache = model.Forward(new() { InputIds = s_ids, UseCache = true }).PastKeyValues!;
        int most = model.Config.MaxPositions - 1;
        cache.Rows[1].Decoder.Run(new int[most * 9], new int[most], false, false, false, CancellationToken.None); // leaves no room

        AssertThrows.Message<ArgumentException>("max_positions allows", () => model.Forward(new() { PastKeyValues = cache }));

        Assert.Equal(1, cache.Length);
        Assert.All(cache.Rows, row => Assert.Equal([0], row.Places));
        DiaModelOutput next = model.Forward(new() { PastKeyValues = cache, OutputAttentions = true });
        Assert.Equal(2, next.DecoderAttentions![0].GetLength(3));
    }

    [Fact]
    public void Forward_OtherBatch_SaysSo()
    {
        using DiaModel model = TinyModel.Load();
        using KeyValueCache cache = model.Forward(new() { InputIds = s_ids, UseCache = true }).PastKeyValues!;
        AssertThrows.Message<ArgumentException>(
            "PastKeyValues has 2 rows; the inputs have 1", () => model.Forward(new() { InputIds = new[,] { { 1, 65 } }, PastKeyValues = cache }));
    }

    [Fact]
    public async Task Forward_TwoCallsAtOnce_TheSecondThrows()
    {
        using DiaModel model = TinyModel.Load();
        using KeyValueCache cache = model.Forward(new() { InputIds = s_ids, UseCache = true }).PastKeyValues!;
        using var source = new CancellationTokenSource();
        Task<DiaModelOutput> running = model.ForwardAsync(
            new() { PastKeyValues = cache, DecoderInputIds = ForwardTests.Tokens(2, 3000), OutputHiddenStates = true }, source.Token);

        InvalidOperationException? refused = null;
        while (!running.IsCompleted && refused is null)
        {
            refused = Record.Exception(() => cache.Truncate(1)) as InvalidOperationException;
        }

        await source.CancelAsync();
        Exception? ended = await Record.ExceptionAsync(() => running);
        if (refused is null)
        {
            refused = Assert.IsType<InvalidOperationException>(ended); // the forward pass came while the cache was cut
        }
        else
        {
            Assert.IsAssignableFrom<OperationCanceledException>(ended);
        }

        Assert.Contains("in use", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, cache.Length);
    }

    [Fact]
    public async Task Dispose_DuringACall_StopsIt()
    {
        using DiaModel model = TinyModel.Load();
        KeyValueCache cache = model.Forward(new() { InputIds = s_ids, UseCache = true }).PastKeyValues!;
        Task<DiaModelOutput> running = model.ForwardAsync(
            new() { PastKeyValues = cache, DecoderInputIds = ForwardTests.Tokens(2, 3000), OutputHiddenStates = true });
        Soon.Do(cache.Dispose);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => running);
        cache.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Forward(new() { PastKeyValues = cache }));
        Assert.Throws<ObjectDisposedException>(() => cache.Truncate(0));
    }

    [Fact]
    public void Forward_ModelDisposedBehindTheFirstCall_CacheStaysValidOnlyForLiveModels()
    {
        DiaModel model = TinyModel.Load();
        using KeyValueCache cache = model.Forward(new() { InputIds = s_ids, UseCache = true }).PastKeyValues!;
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Forward(new() { PastKeyValues = cache }));
    }

    private static int[,,] Part(int[,,] tokens, int first, int count) =>
        ForwardTests.Tokens(tokens.GetLength(0), count, (b, t, c) => tokens[b, first + t, c]);

    private static int[,] Mask(int rows, int columns, (int Row, int Column) hidden)
    {
        var mask = new int[rows, columns];
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i / columns, i % columns] = (i / columns, i % columns) == hidden ? 0 : 1;
        }

        return mask;
    }
}
