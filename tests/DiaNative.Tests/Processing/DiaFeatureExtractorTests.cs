namespace DiaNative.Tests.Processing;

public sealed class DiaFeatureExtractorTests
{
    private static readonly DiaFeatureExtractor s_extractor = new(samplingRate: 100, paddingValue: 9, hopLength: 4);

    [Fact]
    public void Constructor_Defaults_AreThoseOfTheReference()
    {
        var extractor = new DiaFeatureExtractor();

        Assert.Equal((1, 16000, 0f, 512), (extractor.FeatureSize, extractor.SamplingRate, extractor.PaddingValue, extractor.HopLength));
    }

    [Fact]
    public void Extract_Batch_IsFilledUpToWholeFrames()
    {
        AudioFeatures features = s_extractor.Extract([Audio(1, 2, 3), Audio(4, 5, 6, 7, 8)]);

        Assert.Equal([1, 2, 3, 9, 9, 9, 9, 9, 4, 5, 6, 7, 8, 9, 9, 9], features.InputValues.Cast<float>());
        Assert.Equal(new[,] { { 1, 1, 1, 0, 0, 0, 0, 0 }, { 1, 1, 1, 1, 1, 0, 0, 0 } }, features.PaddingMask);
        Assert.Equal((2, 8, 100), (features.Count, features.Length, features.SamplingRate));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 4)]
    [InlineData(4, 4)]
    [InlineData(5, 8)]
    public void Extract_Length_IsRoundedUp(int samples, int expected) =>
        Assert.Equal(expected, s_extractor.Extract(Audio(new float[samples])).Length);

    [Theory]
    [InlineData(7, 8)]
    [InlineData(8, 8)]
    [InlineData(9, 12)]
    public void Extract_ToMaxLength_IsFilledUpToIt(int maxLength, int expected)
    {
        var options = new ExtractOptions { Padding = PaddingStrategy.MaxLength, MaxLength = maxLength };

        Assert.Equal(expected, s_extractor.Extract(Audio(1, 2, 3), options).Length);
    }

    [Fact]
    public void Extract_Truncate_CutsAtWholeFrames()
    {
        var options = new ExtractOptions { Truncate = true, MaxLength = 3 };

        AudioFeatures features = s_extractor.Extract([Audio(1, 2, 3, 4, 5, 6), Audio(7)], options);

        Assert.Equal([1, 2, 3, 4, 7, 9, 9, 9], features.InputValues.Cast<float>());
    }

    [Fact]
    public void Extract_NoPadding_KeepsTheLength()
    {
        var options = new ExtractOptions { Padding = PaddingStrategy.None };

        Assert.Equal(3, s_extractor.Extract(Audio(1, 2, 3), options).Length);
        AssertThrows.Message<ArgumentException>("3, 1 samples", () => s_extractor.Extract([Audio(1, 2, 3), Audio(1)], options));
    }

    [Fact]
    public void Extract_AnotherRate_NeedsResample()
    {
        var audio = new AudioBuffer(new float[200], 8000);
        var extractor = new DiaFeatureExtractor(samplingRate: 4000, hopLength: 1);

        AssertThrows.Message<ArgumentException>("Audio 0 has 8000 Hz; 4000 Hz", () => extractor.Extract(audio));
        Assert.Equal(100, extractor.Extract(audio, new ExtractOptions { Resample = true }).Length);
        AssertThrows.Message<ArgumentException>(
            "SamplingRate is 8000 Hz", () => extractor.Extract(audio, new ExtractOptions { SamplingRate = 8000 }));
    }

    [Fact]
    public void Extract_BareSamples_AreAveragedOnRequest()
    {
        float[,] stereo = { { 1, 0 }, { 0, 1 } };
        var options = new ExtractOptions { SamplingRate = 100 };

        AssertThrows.Message<ArgumentException>("2 channels", () => s_extractor.Extract(stereo, options));
        Assert.Equal([0.5f, 0.5f, 9, 9], s_extractor.Extract(stereo, options with { DownMix = true }).InputValues.Cast<float>());
        Assert.Equal([0.5f, 0.5f], new DiaFeatureExtractor(2, 100, 0, 1).Extract(stereo, options).InputValues.Cast<float>());
        Assert.Equal(4, s_extractor.Extract(new float[1, 3], options).Length);
        Assert.Equal(
            200, new DiaFeatureExtractor(samplingRate: 2000, hopLength: 1)
                .Extract(new float[1, 100], new ExtractOptions { SamplingRate = 1000, Resample = true }).Length);
    }

    [Fact]
    public void Extract_BareSamples_AreChecked()
    {
        var options = new ExtractOptions { SamplingRate = 100, DownMix = true };

        AssertThrows.Message<ArgumentException>("SamplingRate", () => s_extractor.Extract(new float[1, 3], new ExtractOptions()));
        AssertThrows.Message<ArgumentException>("101 Hz", () => s_extractor.Extract(new float[1, 3], options with { SamplingRate = 101 }));
        AssertThrows.Message<ArgumentOutOfRangeException>("not 8", () => s_extractor.Extract(new float[8, 3], options));
        AssertThrows.Message<ArgumentException>("NaN", () => s_extractor.Extract(new[,] { { 0, float.NaN } }, options));
    }

    [Fact]
    public void Extract_ContradictingOptions_Throws()
    {
        AudioBuffer audio = Audio(1);

        Assert.Throws<ArgumentException>(
            () => s_extractor.Extract(audio, new ExtractOptions { Truncate = true, Padding = PaddingStrategy.Longest, MaxLength = 4 }));
        AssertThrows.Message<ArgumentException>("MaxLength", () => s_extractor.Extract(audio, new ExtractOptions { Truncate = true }));
        AssertThrows.Message<ArgumentException>(
            "MaxLength", () => s_extractor.Extract(audio, new ExtractOptions { Padding = PaddingStrategy.MaxLength }));
        AssertThrows.Message<ArgumentException>("5 samples", () => s_extractor.Extract(
            Audio(1, 2, 3, 4, 5), new ExtractOptions { Padding = PaddingStrategy.MaxLength, MaxLength = 4 }));
        Assert.Throws<ArgumentException>(() => s_extractor.Extract(Array.Empty<AudioBuffer>()));
        AssertThrows.Message<ArgumentException>("Audio 1 is null", () => s_extractor.Extract([audio, null!]));
    }

    [Fact]
    public void Options_OutOfRange_Throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExtractOptions { MaxLength = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExtractOptions { SamplingRate = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExtractOptions { Padding = (PaddingStrategy)7 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiaFeatureExtractor(featureSize: 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiaFeatureExtractor(samplingRate: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiaFeatureExtractor(hopLength: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiaFeatureExtractor(paddingValue: float.NaN));
    }

    private static AudioBuffer Audio(params float[] samples) => new(samples, 100);
}
