namespace DiaNative.Tests.Forward;

public sealed class ForwardTests
{
    private static readonly int[,] s_ids = { { 1, 72, 105, 46 } };

    [Fact]
    public void Forward_TextAlone_RunsOnePositionOfBos()
    {
        using DiaModel model = TinyModel.Load();
        using var dia = new DiaForConditionalGeneration(model);
        DiaDecoderConfig config = model.Config.Decoder;

        DiaOutput output = dia.Forward(new() { InputIds = s_ids });
        DiaOutput bos = dia.Forward(new() { InputIds = s_ids, DecoderInputIds = Tokens(1, 1, (_, _, _) => model.Config.BosTokenId) });

        Assert.Equal([config.NumChannels, 1, config.VocabSize], Shape(output.Logits));
        Assert.Equal([1, 1, config.HiddenSize], Shape(output.LastHiddenState));
        Assert.Equal([1, 4, model.Config.Encoder.HiddenSize], Shape(output.EncoderLastHiddenState!));
        Assert.Equal(bos.Logits.Cast<float>(), output.Logits.Cast<float>());
        Assert.Null(output.Loss);
        Assert.Null(output.PastKeyValues);
        Assert.Null(output.DecoderHiddenStates);
        Assert.Null(output.DecoderAttentions);
        Assert.Null(output.CrossAttentions);
        Assert.Null(output.EncoderHiddenStates);
        Assert.Null(output.EncoderAttentions);
    }

    [Fact]
    public void Forward_OfTheModel_GivesTheStatesWithoutLogits()
    {
        using DiaModel model = TinyModel.Load();
        var inputs = new DiaForwardInputs { InputIds = s_ids, DecoderInputIds = Tokens(1, 3), OutputHiddenStates = true };

        DiaModelOutput output = model.Forward(inputs);

        Assert.IsType<DiaModelOutput>(output);
        Assert.Equal(new DiaForConditionalGeneration(model).Forward(inputs).LastHiddenState.Cast<float>(), output.LastHiddenState.Cast<float>());
        Assert.Same(output.LastHiddenState, output.DecoderHiddenStates![^1]);
        AssertThrows.Message<ArgumentException>("Labels need logits", () => model.Forward(inputs with { Labels = new int[9, 3] }));
    }

    [Fact]
    public void Indexer_BatchChannelPosition_IsTheRowOfTheLogits()
    {
        using DiaModel model = TinyModel.Load();
        DiaOutput output = new DiaForConditionalGeneration(model).Forward(
            new() { InputIds = new[,] { { 1, 65 }, { 1, 66 } }, DecoderInputIds = Tokens(2, 3) });

        Assert.Equal(output.Logits[9 + 4, 2, 77], output[1, 4, 2][77]);
        Assert.Equal(model.Config.Decoder.VocabSize, output[0, 0, 0].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => output[2, 0, 0].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => output[0, 9, 0].Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => output[0, 0, -1].Length);
    }

    [Fact]
    public void Forward_RowsOfABatch_GiveWhatTheyGiveAlone()
    {
        using DiaModel model = TinyModel.Load();
        using var dia = new DiaForConditionalGeneration(model);
        int[,,] tokens = Tokens(2, 4);
        DiaOutput both = dia.Forward(new()
        {
            InputIds = new[,] { { 1, 72, 105, 46 }, { 2, 33, 0, 0 } },
            AttentionMask = new[,] { { 1, 1, 1, 1 }, { 1, 1, 0, 0 } },
            DecoderInputIds = tokens,
        });
        DiaOutput alone = dia.Forward(new() { InputIds = new[,] { { 2, 33 } }, DecoderInputIds = Tokens(1, 4, (_, t, c) => tokens[1, t, c]) });

        Assert.Equal(alone.Logits.Cast<float>(), both.Logits.Cast<float>().Skip(alone.Logits.Length));
    }

    [Fact]
    public void Forward_EncodedTexts_GivesWhatTheirIdsGive()
    {
        using DiaModel model = TinyModel.Load();
        using var dia = new DiaForConditionalGeneration(model);
        using EncodedText text = model.Encode(s_ids.Cast<int>().ToArray(), new() { OutputHiddenStates = true });
        var inputs = new DiaForwardInputs { DecoderInputIds = Tokens(1, 2), OutputHiddenStates = true, OutputAttentions = true };

        DiaOutput encoded = dia.Forward(inputs with { EncoderOutputs = [text], AttentionMask = new[,] { { 1, 1, 1, 1 } } });
        DiaOutput ids = dia.Forward(inputs with { InputIds = s_ids });

        Assert.Equal(ids.Logits.Cast<float>(), encoded.Logits.Cast<float>());
        Assert.Equal(ids.EncoderLastHiddenState!.Cast<float>(), encoded.EncoderLastHiddenState!.Cast<float>());
        Assert.NotNull(encoded.EncoderHiddenStates);
        Assert.Null(encoded.EncoderAttentions); // were not kept
        Assert.NotNull(ids.EncoderAttentions);
        Assert.NotEmpty(text.LastHiddenState); // stays the caller's
    }

    [Fact]
    public void Forward_FlatTokens_AreThoseOfTheCube()
    {
        using DiaModel model = TinyModel.Load();
        using var dia = new DiaForConditionalGeneration(model);
        int[,,] tokens = Tokens(2, 3);
        var flat = new int[18, 3];
        for (int i = 0; i < flat.Length; i++)
        {
            flat[i / 3, i % 3] = tokens[i / 3 / 9, i % 3, i / 3 % 9];
        }

        var inputs = new DiaForwardInputs { InputIds = new[,] { { 1, 65 }, { 1, 66 } } };
        Assert.Equal(
            dia.Forward(inputs with { DecoderInputIds = tokens }).Logits.Cast<float>(),
            dia.Forward(inputs with { FlatDecoderInputIds = flat }).Logits.Cast<float>());
    }

    [Fact]
    public void Forward_ProcessorInputs_GivesTheLossOfTheirLabels()
    {
        using DiaModel model = TinyModel.Load();
        using var processor = new DiaProcessor(model);
        var audio = new AudioBuffer(new float[5 * 512], model.CodecConfig!.SamplingRate);
        DiaInputs training = processor.Process(TinyModel.Text, audio, new() { Generation = false, OutputLabels = true });

        DiaOutput output = new DiaForConditionalGeneration(model).Forward(DiaForwardInputs.From(training));

        double expected = Reference.CrossEntropy(output, training.Labels!);
        Assert.Equal(expected, output.Loss!.Value, 1e-9 * expected);
    }

    [Fact]
    public void Forward_AllLabelsIgnored_HasNoLoss()
    {
        using DiaModel model = TinyModel.Load();
        var inputs = new DiaForwardInputs { InputIds = s_ids, Labels = Filled(9, 1, DiaInputs.IgnoredLabel) };
        Assert.Equal(double.NaN, new DiaForConditionalGeneration(model).Forward(inputs).Loss);
    }

    [Fact]
    public async Task ForwardAsync_Cancelled_Throws()
    {
        using DiaModel model = TinyModel.Load();
        using var dia = new DiaForConditionalGeneration(model);
        var inputs = new DiaForwardInputs { InputIds = s_ids };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dia.ForwardAsync(inputs, new(canceled: true)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.ForwardAsync(inputs, new(canceled: true)));
        Assert.Equal(dia.Forward(inputs).Logits.Cast<float>(), (await dia.ForwardAsync(inputs)).Logits.Cast<float>());
        Assert.NotEmpty((await model.ForwardAsync(inputs)).LastHiddenState);
    }

    [Fact]
    public void Forward_Cancelled_StopsAndLeavesTheCache()
    {
        using DiaModel model = TinyModel.Load();
        using var dia = new DiaForConditionalGeneration(model);
        using KeyValueCache cache = dia.Forward(new() { InputIds = s_ids, DecoderInputIds = Tokens(1, 2), UseCache = true }).PastKeyValues!;
        using var source = new CancellationTokenSource();
        Soon.Do(source.Cancel);

        Assert.ThrowsAny<OperationCanceledException>(() => dia.Forward(
            new() { PastKeyValues = cache, DecoderInputIds = Tokens(1, 3000), OutputHiddenStates = true }, source.Token));

        Assert.Equal(2, cache.Length);
        Assert.Equal(3, dia.Forward(new() { PastKeyValues = cache }).PastKeyValues!.Length);
    }

    [Fact]
    public void Forward_DisposedObjects_Throws()
    {
        DiaModel model = TinyModel.Load();
        using var dia = new DiaForConditionalGeneration(model);
        EncodedText text = model.Encode("[S1] Hi.");
        text.Dispose();
        Assert.Throws<ObjectDisposedException>(() => dia.Forward(new() { EncoderOutputs = [text] }));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => dia.Forward(new() { InputIds = s_ids }));
    }

    public static TheoryData<string, DiaForwardInputs> BadInputs => new()
    {
        { "You should either provide text ids or the cached text encodings", new() },
        { "both given", new() { InputIds = s_ids, EncoderOutputs = [] } },
        { "no row", new() { InputIds = new int[0, 4] } },
        { "no row", new() { EncoderOutputs = [] } },
        { "EncoderOutputs[0] is null", new() { EncoderOutputs = [null!] } },
        { "no ids", new() { InputIds = new int[1, 0] } },
        { "256", new() { InputIds = new[,] { { 1, 256 } } } },
        { "AttentionMask is [1, 3]; [1, 4] is expected", new() { InputIds = s_ids, AttentionMask = new int[1, 3] } },
        { "hides every token", new() { InputIds = s_ids, AttentionMask = new int[1, 4] } },
        { "both given", new() { InputIds = s_ids, DecoderInputIds = new int[1, 1, 9], FlatDecoderInputIds = new int[9, 1] } },
        { "no position", new() { InputIds = s_ids, DecoderInputIds = new int[1, 0, 9] } },
        { "DecoderInputIds is [1, 1, 8]; [1, 1, 9] is expected", new() { InputIds = s_ids, DecoderInputIds = new int[1, 1, 8] } },
        { "DecoderInputIds is [2, 1, 9]; [1, 1, 9] is expected", new() { InputIds = s_ids, DecoderInputIds = new int[2, 1, 9] } },
        { "FlatDecoderInputIds is [8, 2]; [9, 2] is expected", new() { InputIds = s_ids, FlatDecoderInputIds = new int[8, 2] } },
        { "1028 in row 0, position 1, channel 3", new() { InputIds = s_ids, DecoderInputIds = Tokens(1, 2, (_, t, c) => t == 1 && c == 3 ? 1028 : 0) } },
        { "holds -1 in row 0", new() { InputIds = s_ids, DecoderInputIds = Tokens(1, 1, (_, _, _) => -1) } },
        { "DecoderPositionIds is [1, 2]; [1, 1] is expected", new() { InputIds = s_ids, DecoderPositionIds = new int[1, 2] } },
        { "DecoderPositionIds[0, 0] is -3", new() { InputIds = s_ids, DecoderPositionIds = new[,] { { -3 } } } },
        { "DecoderAttentionMask is [1, 2]; [1, 1] is expected", new() { InputIds = s_ids, DecoderAttentionMask = new int[1, 2] } },
        { "Row 0 of DecoderAttentionMask holds 7 at 0", new() { InputIds = s_ids, DecoderAttentionMask = new[,] { { 7 } } } },
        { "Labels is [9, 2]; [9, 1] is expected", new() { InputIds = s_ids, Labels = new int[9, 2] } },
        { "Labels[0, 0] is -1", new() { InputIds = s_ids, Labels = Filled(9, 1, -1) } },
        { "Labels[0, 0] is 1028", new() { InputIds = s_ids, Labels = Filled(9, 1, 1028) } },
        { "hides the position", new() { InputIds = s_ids, Labels = Filled(9, 1, 5), DecoderAttentionMask = new[,] { { 0 } } } },
        { "3089 positions behind the 0 of PastKeyValues; the model has 3088", new() { InputIds = s_ids, DecoderInputIds = new int[1, 3089, 9] } },
    };

    [Theory]
    [MemberData(nameof(BadInputs), DisableDiscoveryEnumeration = true)]
    public void Forward_BadInputs_SaysWhatIsWrong(string message, DiaForwardInputs inputs)
    {
        using DiaModel model = TinyModel.Load();
        AssertThrows.Message<ArgumentException>(message, () => new DiaForConditionalGeneration(model).Forward(inputs));
    }

    [Fact]
    public void Forward_ThingsOfAnotherModel_SaysSo()
    {
        using DiaModel model = TinyModel.Load();
        using DiaModel other = TinyModel.Load();
        using EncodedText text = other.Encode("[S1] Hi.");
        using KeyValueCache cache = other.Forward(new() { EncoderOutputs = [text], UseCache = true }).PastKeyValues!;

        AssertThrows.Message<ArgumentException>("EncoderOutputs[0] was encoded by another", () => model.Forward(new() { EncoderOutputs = [text] }));
        AssertThrows.Message<ArgumentException>("PastKeyValues was made by another", () => model.Forward(new() { PastKeyValues = cache }));
        AssertThrows.Message<ArgumentException>(
            "differs from the mask", () => other.Forward(new() { EncoderOutputs = [text], AttentionMask = Filled(1, text.Length, 1, (0, 0)) }));
    }

    internal static int[,,] Tokens(int batch, int length, Func<int, int, int, int>? token = null)
    {
        var tokens = new int[batch, length, 9];
        for (int i = 0; i < tokens.Length; i++)
        {
            tokens[i / 9 / length, i / 9 % length, i % 9] = token?.Invoke(i / 9 / length, i / 9 % length, i % 9) ?? i * 31 % 1028;
        }

        return tokens;
    }

    private static int[,] Filled(int rows, int columns, int value, (int Row, int Column)? zero = null)
    {
        var array = new int[rows, columns];
        for (int i = 0; i < array.Length; i++)
        {
            array[i / columns, i % columns] = value;
        }

        if (zero is { } place)
        {
            array[place.Row, place.Column] = 0;
        }

        return array;
    }

    private static int[] Shape(Array array) => [.. Enumerable.Range(0, array.Rank).Select(array.GetLength)];

    /// <summary>The definition, as plainly as it can be written.</summary>
    private static class Reference
    {
        internal static double CrossEntropy(DiaOutput output, int[,] labels)
        {
            var losses = new List<double>();
            for (int row = 0; row < labels.GetLength(0); row++)
            {
                for (int t = 0; t < labels.GetLength(1); t++)
                {
                    if (labels[row, t] >= 0)
                    {
                        double[] logits = [.. output[row / 9, row % 9, t].ToArray().Select(logit => (double)logit)];
                        losses.Add(-Math.Log(Math.Exp(logits[labels[row, t]]) / logits.Sum(Math.Exp)));
                    }
                }
            }

            Assert.NotEmpty(losses);
            return losses.Average();
        }
    }
}
