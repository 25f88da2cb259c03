namespace DiaNative.Tests.Configuration;

public sealed class DiaConfigTests
{
    [Fact]
    public void Constructor_NoValues_HasTheDefaultsOfTheReference()
    {
        var config = new DiaConfig();

        config.Validate();
        Assert.Equal([0, 8, 9, 10, 11, 12, 13, 14, 15], config.DelayPattern);
        Assert.Equal(15, config.MaxDelay);
        Assert.Equal((1026, 1024, 1025), (config.BosTokenId, config.EosTokenId, config.PadTokenId));
        Assert.Equal((1024, 12, 1024, 16, 16, 128, 4096, 256), (
            config.Encoder.MaxPositionEmbeddings,
            config.Encoder.NumHiddenLayers,
            config.Encoder.HiddenSize,
            config.Encoder.NumAttentionHeads,
            config.Encoder.NumKeyValueHeads,
            config.Encoder.HeadDim,
            config.Encoder.IntermediateSize,
            config.Encoder.VocabSize));
        Assert.Equal((3072, 18, 2048, 8192, 16, 4, 128), (
            config.Decoder.MaxPositionEmbeddings,
            config.Decoder.NumHiddenLayers,
            config.Decoder.HiddenSize,
            config.Decoder.IntermediateSize,
            config.Decoder.NumAttentionHeads,
            config.Decoder.NumKeyValueHeads,
            config.Decoder.HeadDim));
        Assert.Equal((16, 128, 16, 1024, 1028, 9), (
            config.Decoder.CrossNumAttentionHeads,
            config.Decoder.CrossHeadDim,
            config.Decoder.CrossNumKeyValueHeads,
            config.Decoder.CrossHiddenSize,
            config.Decoder.VocabSize,
            config.Decoder.NumChannels));
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("tiny-bf16")]
    [InlineData("odd")]
    public void FromJson_GoldenCheckpoint_RoundTripsInBothFormats(string set)
    {
        DiaConfig config = DiaConfig.FromJson(File.ReadAllText(RepositoryLayout.PathTo("tests", "golden", set, "dia", "config.json")));

        Assert.NotEqual(new DiaConfig(), config);
        Assert.Equal(config, DiaConfig.FromJson(config.ToJson(ConfigFormat.Transformers4)));
        Assert.Equal(config, DiaConfig.FromJson(config.ToJson(ConfigFormat.Transformers5)));
    }

    [Fact]
    public void ToJson_BothFormats_SpellRotaryPositionsAndIdsDifferently()
    {
        string four = new DiaConfig().ToJson(ConfigFormat.Transformers4);
        string five = new DiaConfig().ToJson(ConfigFormat.Transformers5);

        Assert.Contains("\"rope_theta\": 10000", four, StringComparison.Ordinal);
        Assert.DoesNotContain("rope_parameters", four, StringComparison.Ordinal);
        Assert.Contains("\n  \"eos_token_id\": 1024", four, StringComparison.Ordinal);
        Assert.Contains("\"rope_type\": \"default\"", five, StringComparison.Ordinal);
        Assert.Contains("\n    \"eos_token_id\": 1024", five, StringComparison.Ordinal);
    }

    [Fact]
    public void FromJson_TopLevelIds_ReplaceThoseOfTheDecoder()
    {
        DiaConfig config = DiaConfig.FromJson("""{ "eos_token_id": 7, "decoder_config": { "eos_token_id": 8, "bos_token_id": 9 } }""");

        Assert.Equal((7, 9, 1025), (config.EosTokenId, config.BosTokenId, config.PadTokenId));
    }

    [Fact]
    public void FromJson_NullsAndUnknownFields_HaveTheDefaults()
    {
        DiaConfig config = DiaConfig.FromJson("""{ "eos_token_id": null, "torch_dtype": "float32", "encoder_config": { "rope_scaling": null } }""");

        Assert.Equal(new DiaConfig(), config);
    }

    [Theory]
    [InlineData("""{ "encoder_config": { "hidden_size": 0 } }""", "encoder_config.hidden_size must be at least 1, not 0")]
    [InlineData("""{ "decoder_config": { "num_key_value_heads": 3 } }""", "num_key_value_heads must be a divisor of the 16 query heads, not 3")]
    [InlineData("""{ "decoder_config": { "num_channels": 8 } }""", "num_channels is 8, but delay_pattern has 9 entries")]
    [InlineData("""{ "delay_pattern": [0, 8, 9, 10, 11, 12, 13, 14, -1] }""", "delay_pattern[8] must be at least 0, not -1")]
    [InlineData("""{ "encoder_config": { "hidden_act": "gelu" } }""", "encoder_config.hidden_act must be \"silu\", not \"gelu\"")]
    [InlineData("""{ "encoder_config": { "hidden_size": 512 } }""", "cross_hidden_size is 1024, but encoder_config.hidden_size is 512")]
    [InlineData("""{ "decoder_config": { "head_dim": 33 } }""", "decoder_config.head_dim must be even, for rotary positions, not 33")]
    [InlineData("""{ "decoder_config": { "pad_token_id": 1028 } }""", "pad_token_id must be from 0 to 1027, not 1028")]
    [InlineData("""{ "decoder_config": { "pad_token_id": 1024 } }""", "all different, not 1024")]
    [InlineData("""{ "encoder_config": { "rope_scaling": { "factor": 2 } } }""", "encoder_config.rope_scaling must be null")]
    [InlineData("""{ "decoder_config": { "rope_parameters": { "rope_type": "yarn" } } }""", "rope_type must be \"default\", not \"yarn\"")]
    [InlineData("""{ "model_type": "t5" }""", "model_type must be \"dia\", not \"t5\"")]
    [InlineData("""{ "norm_eps": -1 }""", "norm_eps must be a finite number above 0, not -1")]
    [InlineData("""{ "encoder_config": { "hidden_size": "wide" } }""", "encoder_config.hidden_size")]
    [InlineData("null", "an object is expected")]
    [InlineData("{", "not valid")]
    public void FromJson_Fault_NamesTheFieldItsRangeAndItsValue(string json, string expected)
    {
        DiaConfigException exception = Assert.Throws<DiaConfigException>(() => DiaConfig.FromJson(json));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }
}
