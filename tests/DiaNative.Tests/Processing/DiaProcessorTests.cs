namespace DiaNative.Tests.Processing;

public sealed class DiaProcessorTests
{
    private static readonly DiaFeatureExtractor s_extractor = new(samplingRate: 44100);
    private static readonly DiaProcessor s_processor = new(s_extractor, new DiaTokenizer(), codec: null, new DiaConfig());

    [Theory]
    [InlineData("processor/text1")]
    [InlineData("processor/text3")]
    public void Process_GoldenTexts_GivesTheInputsOfTheReference(string id)
    {
        GoldenCase golden = GoldenSet.Tiny.Case(id);

        DiaInputs inputs = s_processor.Process(golden.Texts);

        Assert.Equal(golden.Matrix("input_ids"), inputs.InputIds);
        Assert.Equal(golden.Matrix("attention_mask"), inputs.AttentionMask);
        Assert.Equal(golden.Cube("decoder_input_ids"), inputs.DecoderInputIds);
        Assert.Equal(golden.Matrix("decoder_attention_mask"), inputs.DecoderAttentionMask);
        Assert.Equal(1, inputs.AudioPromptLength);
        Assert.Equal(golden.Texts.Count, inputs.Count);
    }

    [Theory]
    [InlineData("", "Text 0 is empty")]
    [InlineData("a<pad>b", "Text 0 holds the padding token <pad> at 1")]
    [InlineData("ab\u0001", "Text 0 holds the character U+0001 at 2")]
    [InlineData("\0", "Text 0 holds the character U+0000 at 0")]
    public void Process_ForbiddenText_SaysWhatIsWrong(string text, string expected) =>
        AssertThrows.Message<ArgumentException>(expected, () => s_processor.Process(text));

    [Fact]
    public void Process_FaultInABatch_NamesTheText() =>
        AssertThrows.Message<ArgumentException>("Text 1 is empty", () => s_processor.Process(["a", ""]));

    [Fact]
    public void Process_NoTexts_Throws() => Assert.Throws<ArgumentException>(() => s_processor.Process(Array.Empty<string>()));

    [Fact]
    public void Process_TooLong_ThrowsUnlessTruncated()
    {
        string text = new('x', 1025);

        Assert.Throws<TextTooLongException>(() => s_processor.Process(text));
        Assert.Equal(1024, s_processor.Process(text, options: new ProcessOptions { Truncate = true }).InputIds.Length);
    }

    [Fact]
    public void Decode_NoCodec_SaysWhy() =>
        AssertThrows.Message<InvalidOperationException>("LoadCodec = false", () => s_processor.Decode(new int[1, 16, 9]));

    [Fact]
    public void Decode_SeveralRows_Throws() => Assert.Throws<ArgumentException>(() => s_processor.Decode(new int[2, 16, 9]));

    [Fact]
    public void GetAudioPromptLength_MaskTooShort_Throws()
    {
        Assert.Equal(4, s_processor.GetAudioPromptLength(new int[2, 19]));
        Assert.Throws<ArgumentException>(() => s_processor.GetAudioPromptLength(new int[1, 15]));
    }

    [Fact]
    public void SaveAudio_CountsDiffer_Throws() =>
        AssertThrows.Message<ArgumentException>("0 paths for 1", () => DiaProcessor.SaveAudio([new AudioBuffer(new float[1], 1)], []));

    [Fact]
    public void SaveAudio_SeveralPieces_WritesEach()
    {
        using var folder = new TemporaryFolder();

        DiaProcessor.SaveAudio(
            [new AudioBuffer(new float[3], 100), new AudioBuffer(new float[5], 100)], [folder.PathTo("a.wav"), folder.PathTo("b.wav")]);

        Assert.Equal(3, WavFile.Read(folder.PathTo("a.wav")).Pcm16.Length);
        Assert.Equal(5, WavFile.Read(folder.PathTo("b.wav")).Pcm16.Length);
    }

    [Fact]
    public void Constructor_ContradictingConfig_Throws() =>
        Assert.Throws<DiaConfigException>(() => new DiaProcessor(s_extractor, new DiaTokenizer(), null, new DiaConfig { DelayPattern = [0] }));
}
