namespace DiaNative.Tests.Processing;

/// <summary>Audio prompts, which need a codec.</summary>
public sealed class DiaProcessorAudioTests : IDisposable
{
    private const int Delay = 15;
    private const int Bos = 1026;
    private const int Eos = 1024;
    private const int Pad = 1025;

    private readonly DiaModel _model = TinyModel.Load();
    private readonly DiaProcessor _processor;

    public DiaProcessorAudioTests()
    {
        _processor = new DiaProcessor(_model);
    }

    public void Dispose()
    {
        _processor.Dispose();
        _model.Dispose();
    }

    [Theory]
    [InlineData("processor/audio1")]
    [InlineData("processor/audio3")]
    public async Task ProcessAsync_GoldenPrompts_GivesTheInputsOfTheReference(string id)
    {
        GoldenCase golden = GoldenSet.Tiny.Case(id);

        DiaInputs inputs = await _processor.ProcessAsync(golden.Texts, golden.Prompts);

        Assert.Equal(golden.Cube("decoder_input_ids"), inputs.DecoderInputIds);
        Assert.Equal(golden.Matrix("decoder_attention_mask"), inputs.DecoderAttentionMask);
        Assert.Equal(golden.Entry.GetProperty("audio_prompt_len").GetInt32(), inputs.AudioPromptLength);
        Assert.Equal(golden.Prompts.Select(prompt => (prompt.Length + 511) / 512), inputs.PromptFrames);
    }

    [Fact]
    public void Process_MixedBatch_GivesEveryRowItsOwnPrefix()
    {
        AudioBuffer a = GoldenSet.Tiny.Prompt("a");
        AudioBuffer c = GoldenSet.Tiny.Prompt("c");
        string[] texts = ["[S1] One.", "[S1] Two.", "[S1] Three."];

        DiaInputs mixed = _processor.Process(texts, [c, null, a]);

        Assert.Equal([7, 0, 10], mixed.PromptFrames);
        Assert.Equal(11, mixed.AudioPromptLength);
        Assert.Equal([3, 10, 0], Enumerable.Range(0, 3).Select(row => mixed.DecoderAttentionMask.Row(row).Count(0)));
        Assert.Equal(Rows(_processor.Process(texts[2], a), 0, 0), Rows(mixed, 2, 0));
        Assert.Equal(Rows(_processor.Process(texts[0], c), 0, 0), Rows(mixed, 0, 3));
        Assert.Equal(Rows(_processor.Process(texts[1]), 0, 0), Rows(mixed, 1, 10));
    }

    [Fact]
    public void Generate_MixedBatch_SpeaksAsEachRowAlone()
    {
        AudioBuffer?[] prompts = [GoldenSet.Tiny.Prompt("c"), null, GoldenSet.Tiny.Prompt("a")];
        string[] texts = ["[S1] One. [S2] Two.", "[S1] Three, four and five.", "[S2] Six."];
        using var dia = new DiaForConditionalGeneration(_model);

        DiaInputs inputs = _processor.Process(texts, prompts);
        DiaGeneration batch = dia.Generate(inputs, TinyModel.Greedy);
        IReadOnlyList<AudioBuffer> audio = _processor.DecodeBatch(batch.Tokens, inputs.AudioPromptLength);

        for (int row = 0; row < texts.Length; row++)
        {
            DiaInputs alone = _processor.Process(texts[row], prompts[row]);
            DiaGeneration generation = dia.Generate(alone, TinyModel.Greedy);
            Assert.Equal(generation.Rows[0].Codes, batch.Rows[row].Codes);
            Assert.Equal(inputs.PromptFrames[row], batch.Rows[row].PromptFrames);
            float[] expected = _processor.Decode(generation.Tokens, alone.AudioPromptLength).Samples.ToArray();
            Assert.Equal(expected, audio[row].Samples.ToArray());
        }

        // With its own start a row keeps or leaves out its prompt, whatever the others do.
        IReadOnlyList<AudioBuffer> own = _processor.DecodeBatch(batch.Tokens, [null, inputs.AudioPromptLength, null]);
        Assert.Equal(
            [audio[0].Length + (7 * 512), audio[1].Length, audio[2].Length + (10 * 512)], own.Select(piece => piece.Length));
    }

    [Fact]
    public void Process_Training_EndsEveryAudio()
    {
        DiaInputs inputs = _processor.Process(
            ["[S1] One.", "[S1] Two."], [GoldenSet.Tiny.Prompt("c"), GoldenSet.Tiny.Prompt("a")], new ProcessOptions { Generation = false });

        Assert.Equal(10 + 2 + Delay, inputs.DecoderInputIds.GetLength(1));
        Assert.Equal([Eos, Eos], Enumerable.Range(0, 2).Select(row => inputs.DecoderInputIds[row, 11, 0]));
        Assert.Equal([Eos, Eos], Enumerable.Range(0, 2).Select(row => inputs.DecoderInputIds[row, 11 + Delay, 8]));
        Assert.Equal(3, inputs.DecoderAttentionMask.Row(0).Count(0));
        Assert.Null(inputs.Labels);
    }

    [Fact]
    public void Process_Labels_AreTheNextTokens()
    {
        var options = new ProcessOptions { Generation = false };
        AudioBuffer[] prompts = [GoldenSet.Tiny.Prompt("c"), GoldenSet.Tiny.Prompt("a")];
        string[] texts = ["[S1] One.", "[S1] Two."];
        int[,,] all = _processor.Process(texts, prompts, options).DecoderInputIds;

        DiaInputs inputs = _processor.Process(texts, prompts, options with { OutputLabels = true });

        int length = all.GetLength(1) - 1;
        Assert.Equal((2 * 9, length), (inputs.Labels!.GetLength(0), inputs.Labels.GetLength(1)));
        Assert.Equal(length, inputs.DecoderInputIds.GetLength(1));
        for (int row = 0; row < 18; row++)
        {
            for (int t = 0; t < length; t++)
            {
                int next = all[row / 9, t + 1, row % 9];
                Assert.Equal(next is Pad or Bos ? DiaInputs.IgnoredLabel : next, inputs.Labels[row, t]);
                Assert.Equal(all[row / 9, t, row % 9], inputs.DecoderInputIds[row / 9, t, row % 9]);
            }
        }
    }

    [Fact]
    public void Process_ContradictingOptions_Throws()
    {
        AudioBuffer audio = GoldenSet.Tiny.Prompt("c");

        AssertThrows.Message<ArgumentException>(
            "OutputLabels", () => _processor.Process("[S1] Hi.", audio, new ProcessOptions { OutputLabels = true }));
        AssertThrows.Message<ArgumentException>(
            "needs audio", () => _processor.Process("[S1] Hi.", options: new ProcessOptions { Generation = false }));
        AssertThrows.Message<ArgumentException>(
            "needs audio", () => _processor.Process(["a", "b"], [audio, null], new ProcessOptions { Generation = false }));
        AssertThrows.Message<ArgumentException>("1 pieces of audio for 2 texts", () => _processor.Process(["a", "b"], [audio]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessOptions { MaxLength = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessOptions { PaddingSide = (PaddingSide)5 });
    }

    [Fact]
    public void Process_BadAudio_Throws()
    {
        var wrongRate = new AudioBuffer(new float[16000], 16000);

        AssertThrows.Message<ArgumentException>("Audio 0 has 16000 Hz; 44100 Hz", () => _processor.Process("[S1] Hi.", wrongRate));
        Assert.Equal([87], _processor.Process("[S1] Hi.", wrongRate, new ProcessOptions { Resample = true }).PromptFrames);
        AssertThrows.Message<ArgumentException>("0 frames", () => _processor.Process("[S1] Hi.", Silence(0)));
        AssertThrows.Message<ArgumentException>("Audio 0 has 3072 frames", () => _processor.Process("[S1] Hi.", Silence(3072 * 512)));
        AssertThrows.Message<ArgumentException>("1 to 3054", () => _processor.Process(["a", "b"], [null, Silence(3055 * 512)]));
    }

    [Fact]
    public void Process_TextOptions_ReachTheTokenizer()
    {
        var options = new ProcessOptions { MaxLength = 6, PadToMaxLength = true, PaddingSide = PaddingSide.Left };

        Assert.Equal([0, 0, 1, 32, 72, 105], _processor.Process("[S1] Hi", options: options).InputIds.Cast<int>());
        Assert.Throws<TextTooLongException>(() => _processor.Process("[S1] Hi there", options: options));
    }

    [Fact]
    public async Task ProcessAsync_Cancelled_Throws() => await Assert.ThrowsAnyAsync<OperationCanceledException>(
        () => _processor.ProcessAsync("[S1] Hi.", GoldenSet.Tiny.Prompt("a"), cancellationToken: new CancellationToken(canceled: true)));

    [Fact]
    public void Process_NoCodec_SaysWhy()
    {
        var processor = new DiaProcessor(new DiaFeatureExtractor(samplingRate: 44100), new DiaTokenizer(), null, new DiaConfig());

        AssertThrows.Message<InvalidOperationException>("no codec", () => processor.Process("[S1] Hi.", GoldenSet.Tiny.Prompt("a")));
    }

    [Fact]
    public void Constructor_ExtractorOfAnotherCodec_Throws() => AssertThrows.Message<ArgumentException>(
        "16000 Hz", () => new DiaProcessor(new DiaFeatureExtractor(), new DiaTokenizer(), _processor.Codec, _model.Config));

    [Fact]
    public void DecodeBatch_StartsOfOtherRows_Throws() => AssertThrows.Message<ArgumentException>(
        "1 prompt lengths for 2 rows", () => _processor.DecodeBatch(new int[2, 20, 9], new int?[] { 1 }));

    private static AudioBuffer Silence(int samples) => new(new float[samples], 44100);

    // A row's delayed prefix and all that follows, without its padding.
    private static int[] Rows(DiaInputs inputs, int row, int padding)
    {
        int[,,] frames = DelayPattern.Revert(inputs.DecoderInputIds, new DiaConfig().DelayPattern, filler: Pad);
        return frames.Entry(row)[(padding * 9)..].ToArray();
    }
}
