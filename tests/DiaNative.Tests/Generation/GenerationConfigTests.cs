using System.Text.RegularExpressions;

namespace DiaNative.Tests.Generation;

public sealed class GenerationConfigTests
{
    [Fact]
    public void FromJson_TheFileOfACheckpoint_GivesItsValues()
    {
        string json = File.ReadAllText(Path.Combine(GoldenSet.Tiny.ModelDirectory, "generation_config.json"));

        GenerationOptions options = GenerationOptions.FromJson(json);

        Assert.Equal((true, 1.2f, 45, 0.95f, 3f), (options.DoSample, options.Temperature, options.TopK, options.TopP, options.GuidanceScale));
        Assert.Equal(3072 + 15, options.MaxNewTokens);
    }

    [Fact]
    public void FromJson_EveryOption_IsRead()
    {
        GenerationOptions options = GenerationOptions.FromJson("""
            {
              "min_p": 0.1, "typical_p": 0.9, "top_h": 0.4, "epsilon_cutoff": 0.01, "eta_cutoff": 0.02, "repetition_penalty": 1.3,
              "no_repeat_ngram_size": 3, "min_length": 20, "max_time": 1.5, "exponential_decay_length_penalty": [7, 1.1],
              "bad_words_ids": [[1, 2], [3]], "suppress_tokens": [4, 5], "begin_suppress_tokens": [6],
              "sequence_bias": [[[7, 8], -1.5]], "renormalize_logits": true, "output_scores": true, "output_logits": true
            }
            """);

        Assert.Equal((0.1f, 0.9f, 0.4f, 0.01f, 0.02f), (options.MinP, options.TypicalP, options.TopH, options.EpsilonCutoff, options.EtaCutoff));
        Assert.Equal((1.3f, 3, 20), (options.RepetitionPenalty, options.NoRepeatNgramSize, options.MinLength));
        Assert.Equal((TimeSpan.FromSeconds(1.5), new ExponentialDecay(7, 1.1f)), (options.MaxTime, options.ExponentialDecayLengthPenalty));
        Assert.Equal([[1, 2], [3]], options.BadWordsIds!);
        Assert.Equal([4, 5], options.SuppressTokens!);
        Assert.Equal([6], options.BeginSuppressTokens!);
        Assert.Equal([7, 8], Assert.Single(options.SequenceBias!).Tokens);
        Assert.Equal(-1.5f, options.SequenceBias![0].Bias);
        Assert.True(options is { RenormalizeLogits: true, OutputScores: true, OutputLogits: true });
    }

    [Fact]
    public void FromJson_DefaultsOfTheReference_AreAccepted()
    {
        GenerationOptions options = GenerationOptions.FromJson("""
            {
              "num_beams": 1, "num_return_sequences": 1, "early_stopping": false, "length_penalty": 1.0, "num_beam_groups": 1,
              "diversity_penalty": 0.0, "use_cache": true, "cache_implementation": null, "encoder_repetition_penalty": 1.0,
              "encoder_no_repeat_ngram_size": 0, "remove_invalid_values": false, "forced_bos_token_id": null,
              "forced_eos_token_id": null, "num_assistant_tokens": 20, "num_assistant_tokens_schedule": "constant",
              "assistant_confidence_threshold": 0.4, "assistant_lookbehind": 10, "target_lookbehind": 10, "bos_token_id": 1026,
              "eos_token_id": [1024], "pad_token_id": 1025, "decoder_start_token_id": 1026, "output_attentions": false,
              "return_dict_in_generate": true, "transformers_version": "5.12.1", "_from_model_config": true, "temperature": null
            }
            """);

        Assert.Equal(new GenerationOptions(), options);
    }

    [Fact]
    public void FromJson_CountsBehindThePrefix_WinOverLengths()
    {
        GenerationOptions options = GenerationOptions.FromJson(
            """{ "max_length": 100, "max_new_tokens": 40, "min_new_tokens": 5, "min_length": 60 }""");

        Assert.Equal((40, 5, (int?)null), (options.MaxNewTokens, options.MinNewTokens, options.MinLength));
        Assert.Equal(40, GenerationOptions.FromJson("""{ "max_new_tokens": 40, "max_length": 100 }""").MaxNewTokens);
    }

    [Theory]
    [InlineData("0.5", 1f)]
    [InlineData("0.0", 1f)]
    [InlineData("1.3", 1.3f)]
    public void FromJson_TemperatureBelowOne_IsRaisedAsTheReferenceDoes(string json, float expected) =>
        Assert.Equal(expected, GenerationOptions.FromJson($$"""{ "temperature": {{json}} }""").EffectiveTemperature);

    [Theory]
    [InlineData("num_beams", "4", "beam search")]
    [InlineData("num_return_sequences", "2", "batch")]
    [InlineData("early_stopping", "true", "beam search")]
    [InlineData("length_penalty", "0.6", "beam search")]
    [InlineData("penalty_alpha", "0.6", "contrastive")]
    [InlineData("dola_layers", "\"high\"", "contrasting layers")]
    [InlineData("prompt_lookup_num_tokens", "3", "assisted")]
    [InlineData("encoder_repetition_penalty", "1.2", "bytes of the text")]
    [InlineData("encoder_no_repeat_ngram_size", "3", "bytes of the text")]
    [InlineData("forced_bos_token_id", "5", "audio prompt")]
    [InlineData("forced_eos_token_id", "5", "the architecture says 1024")]
    [InlineData("eos_token_id", "[1024, 5]", "the architecture says 1024")]
    [InlineData("pad_token_id", "0", "the architecture says 1025")]
    [InlineData("remove_invalid_values", "true", "error")]
    [InlineData("stop_strings", "[\"a\"]", "StoppingCriterion")]
    [InlineData("watermarking_config", "{}", "audio")]
    [InlineData("token_healing", "true", "text prompt")]
    [InlineData("cache_implementation", "\"quantized\"", "CacheType")]
    [InlineData("output_hidden_states", "true", "Forward")]
    [InlineData("temprature", "1.2", "no such parameter")]
    public void FromJson_WhatDiaLacks_IsRefusedByNameValueAndReason(string name, string value, string reason)
    {
        NotSupportedException exception = Assert.Throws<NotSupportedException>(
            () => GenerationOptions.FromJson($$"""{ "{{name}}": {{value}} }"""));

        Assert.Contains($"{name} = {value}", exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "an object is expected")]
    [InlineData("{", "not valid")]
    [InlineData("""{ "top_k": "many" }""", "top_k is \"many\"")]
    [InlineData("""{ "top_k": 1.5 }""", "top_k is 1.5")]
    [InlineData("""{ "do_sample": 1 }""", "do_sample is 1")]
    [InlineData("""{ "bad_words_ids": [5] }""", "bad_words_ids is [5]")]
    [InlineData("""{ "sequence_bias": [[[5]]] }""", "sequence_bias is [[[5]]]")]
    [InlineData("""{ "exponential_decay_length_penalty": 3 }""", "exponential_decay_length_penalty is 3")]
    [InlineData("""{ "max_time": 1e300 }""", "max_time is 1e300")]
    public void FromJson_WhatIsNoConfiguration_Throws(string json, string expected)
    {
        DiaConfigException exception = Assert.Throws<DiaConfigException>(() => GenerationOptions.FromJson(json));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromJson_OutOfRange_NamesTheOption() =>
        Assert.Equal("TopP", Assert.Throws<ArgumentOutOfRangeException>(() => GenerationOptions.FromJson("""{ "top_p": 2 }""")).ParamName);

    [Fact]
    public void Documentation_Parameters_AreThoseThatAreRead()
    {
        string page = File.ReadAllText(RepositoryLayout.PathTo("docs", "generation-options.md"));
        IEnumerable<string> documented = Regex.Matches(page, @"^\| `(\w+)` \|", RegexOptions.Multiline).Select(match => match.Groups[1].Value);

        Assert.Equal(GenerationConfigReader.Parameters.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }
}
