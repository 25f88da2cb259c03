namespace DiaNative.Tests.Forward;

public sealed class EncodedTextTests
{
    private static readonly EncodeOptions s_all = new() { OutputHiddenStates = true, OutputAttentions = true };

    [Fact]
    public void Encode_TextAndItsIds_GiveTheSameStates()
    {
        using DiaModel model = TinyModel.Load();
        int[] ids = [.. new DiaTokenizer().Encode(TinyModel.Text).InputIds.Cast<int>()];

        using EncodedText fromText = model.Encode(TinyModel.Text);
        using EncodedText fromIds = model.Encode(ids);

        Assert.Equal(ids, fromText.InputIds);
        Assert.Equal(ids.Length, fromText.Length);
        Assert.Equal((ids.Length, model.Config.Encoder.HiddenSize), (fromText.LastHiddenState.GetLength(0), fromText.LastHiddenState.GetLength(1)));
        Assert.Equal(fromText.LastHiddenState.Cast<float>(), fromIds.LastHiddenState.Cast<float>());
        Assert.Null(fromText.HiddenStates);
        Assert.Null(fromText.Attentions);
    }

    [Fact]
    public void Encode_EverythingAskedFor_HasStatesAndAttentionsOfEveryLayer()
    {
        using DiaModel model = TinyModel.Load();
        DiaEncoderConfig config = model.Config.Encoder;
        using EncodedText text = model.Encode("[S1] Hi.", s_all);

        Assert.Equal(config.NumHiddenLayers + 1, text.HiddenStates!.Count);
        Assert.Same(text.LastHiddenState, text.HiddenStates[^1]);
        Assert.Equal(config.NumHiddenLayers, text.Attentions!.Count);
        foreach (float[,,] attention in text.Attentions)
        {
            Assert.Equal(config.NumAttentionHeads * text.Length, Math.Round(attention.Cast<float>().Sum(), 3));
        }
    }

    [Fact]
    public void Encode_MaskedTokens_AreZeroAndChangeNothing()
    {
        using DiaModel model = TinyModel.Load();
        int[] ids = [1, 72, 105, 46, 7, 9];
        using EncodedText plain = model.Encode(ids.AsMemory(0, 4), s_all);
        using EncodedText padded = model.Encode(ids, s_all with { AttentionMask = [1, 1, 1, 1, 0, 0] });

        Assert.Equal((6, 4), (padded.Length, plain.Length));
        for (int layer = 0; layer < plain.HiddenStates!.Count; layer++)
        {
            Assert.Equal(
                plain.HiddenStates[layer].Cast<float>().Concat(new float[2 * model.Config.Encoder.HiddenSize]),
                padded.HiddenStates![layer].Cast<float>());
        }

        Assert.Equal(plain.Attentions![0][1, 2, 3], padded.Attentions![0][1, 2, 3]);
        Assert.Equal(0, padded.Attentions[0][1, 2, 5]);
        Assert.Equal(0, padded.Attentions[0][1, 5, 2]);
    }

    [Fact]
    public void Encode_BadArguments_SaysWhatIsWrong()
    {
        using DiaModel model = TinyModel.Load();

        AssertThrows.Message<ArgumentException>("empty", () => model.Encode(""));
        AssertThrows.Message<ArgumentException>("<pad>", () => model.Encode("a<pad>"));
        AssertThrows.Message<ArgumentException>("U+0002", () => model.Encode("a\u0002"));
        AssertThrows.Message<ArgumentException>("no ids", () => model.Encode(ReadOnlyMemory<int>.Empty));
        AssertThrows.Message<ArgumentException>("256", () => model.Encode(new[] { 1, 256 }));
        AssertThrows.Message<ArgumentException>("-1", () => model.Encode(new[] { 1, -1 }));
        AssertThrows.Message<ArgumentException>("2 values for 3 ids", () => model.Encode(new[] { 1, 2, 3 }, new() { AttentionMask = [1, 1] }));
        AssertThrows.Message<ArgumentException>("holds 2 at 1", () => model.Encode(new[] { 1, 2 }, new() { AttentionMask = [1, 2] }));
        AssertThrows.Message<ArgumentException>("hides every token", () => model.Encode(new[] { 1 }, new() { AttentionMask = [0] }));
        AssertThrows.Message<TextTooLongException>("1024", () => model.Encode(new string('x', 1025)));
        AssertThrows.Message<TextTooLongException>("1024", () => model.Encode(new int[1025]));
        Assert.Throws<ArgumentNullException>(() => model.Encode((string)null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new EncodeOptions { Threads = 0 });
    }

    [Fact]
    public async Task EncodeAsync_Cancelled_Throws()
    {
        using DiaModel model = TinyModel.Load();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.EncodeAsync("[S1] Hi.", cancellationToken: new(canceled: true)));
        using EncodedText text = await model.EncodeAsync("[S1] Hi.");
        using EncodedText same = await model.EncodeAsync(text.InputIds.ToArray());
        Assert.Equal(text.LastHiddenState.Cast<float>(), same.LastHiddenState.Cast<float>());
    }

    [Fact]
    public void Dispose_OfModelAndText_LeavesWhatUsesThem()
    {
        DiaModel model = TinyModel.Load();
        EncodedText text = model.Encode("[S1] Hi.");
        model.Dispose();
        Assert.NotEmpty(text.LastHiddenState);
        using EncodedText other = text;
        text.Dispose();
        text.Dispose();

        Assert.NotEmpty(text.LastHiddenState); // was copied before
        Assert.Throws<ObjectDisposedException>(() => text.HiddenStates);
        Assert.Throws<ObjectDisposedException>(() => model.Encode("[S1] Hi."));
    }

    [Fact]
    public void Generate_EncodedTexts_GivesTheTokensOfTheTexts()
    {
        using DiaModel model = TinyModel.Load();
        using var processor = new DiaProcessor(model);
        using var dia = new DiaForConditionalGeneration(model);
        GenerationOptions options = TinyModel.Greedy with { GuidanceScale = 3 };
        DiaGeneration expected = dia.Generate(processor.Process([TinyModel.Text, "[S1] Yes."]), options);

        using EncodedText first = model.Encode(TinyModel.Text);
        using EncodedText second = model.Encode("[S1] Yes.");
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal(expected.Tokens.Cast<int>(), dia.Generate([first, second], options).Tokens.Cast<int>());
        }
    }

    [Fact]
    public async Task GenerateAsync_EncodedTexts_ChecksThem()
    {
        using DiaModel model = TinyModel.Load();
        using DiaModel other = TinyModel.Load();
        using var dia = new DiaForConditionalGeneration(model);
        using EncodedText foreign = other.Encode("[S1] Hi.");
        EncodedText gone = model.Encode("[S1] Hi.");
        gone.Dispose();

        AssertThrows.Message<ArgumentException>("no text", () => dia.Generate(Array.Empty<EncodedText>()));
        AssertThrows.Message<ArgumentException>("null", () => dia.Generate([null!]));
        AssertThrows.Message<ArgumentException>("another model", () => dia.Generate([foreign]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => dia.GenerateAsync([gone]));
    }

    [Fact]
    public void Add_EncodedTextAndPrompt_GivesTheRowOfItsIds()
    {
        using DiaModel model = TinyModel.Load();
        using EncodedText text = model.Encode(TinyModel.Text);
        var prompt = new int[3, model.Config.Decoder.NumChannels];
        prompt[1, 2] = 17;
        using var generator = new DiaGenerator(model, TinyModel.Greedy);

        generator.Add(text, prompt, seed: 5);
        generator.Add(text.InputIds.ToArray(), prompt, seed: 5);
        text.Dispose();
        generator.Prefill();
        while (generator.Step() > 0)
        {
        }

        Assert.Equal(generator.GetTokens(1).Cast<int>(), generator.GetTokens(0).Cast<int>());
        Assert.Equal((3, 5UL), (generator.GetRow(0).PromptFrames, generator.GetRow(0).Seed));
    }
}
