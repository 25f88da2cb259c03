namespace DiaNative.Tests.Configuration;

public sealed class DacConfigTests
{
    [Fact]
    public void Constructor_NoValues_IsTheCodecOfDia()
    {
        var config = new DacConfig();

        config.Validate();
        Assert.Equal((44100, 512, 9, 1024, 8), (config.SamplingRate, config.HopLength, config.NumCodebooks, config.CodebookSize, config.CodebookDim));
        Assert.Equal(86.1328125, config.FrameRate);
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("tiny-bf16")]
    [InlineData("odd")]
    public void FromJson_GoldenCheckpoint_RoundTrips(string set)
    {
        DacConfig config = DacConfig.FromJson(File.ReadAllText(RepositoryLayout.PathTo("tests", "golden", set, "dac", "config.json")));

        Assert.NotEqual(new DacConfig(), config);
        Assert.Equal(config, DacConfig.FromJson(config.ToJson()));
    }

    [Fact]
    public void FromJson_OnlyRatios_DerivesTheRestAsTheReferenceDoes()
    {
        DacConfig config = DacConfig.FromJson("""{ "downsampling_ratios": [2, 3], "encoder_hidden_size": 10 }""");

        Assert.Equal([3, 2], config.UpsamplingRatios);
        Assert.Equal((6, 40, 16000), (config.HopLength, config.HiddenSize, config.SamplingRate));
    }

    [Theory]
    [InlineData("""{ "hop_length": 500 }""", "dac.hop_length is 500, but the product of downsampling_ratios is 512")]
    [InlineData("""{ "upsampling_ratios": [8, 8, 0, 2] }""", "dac.upsampling_ratios must be from 1 to 1024, not 0")]
    [InlineData("""{ "n_codebooks": 0 }""", "dac.n_codebooks must be at least 1, not 0")]
    [InlineData("""{ "model_type": "encodec" }""", "model_type must be \"dac\", not \"encodec\"")]
    public void FromJson_Fault_NamesTheFieldItsRangeAndItsValue(string json, string expected)
    {
        DiaConfigException exception = Assert.Throws<DiaConfigException>(() => DacConfig.FromJson(json));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }
}
