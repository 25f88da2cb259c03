using System.Globalization;
using System.Text.Json;

namespace DiaNative;

/// <summary>
/// Reads what the reference's <c>generation_config.json</c> states. Every parameter that it can state is one of three: an option, one
/// that may be there because it changes nothing here, or one that is refused unless it has its default.
/// </summary>
internal static class GenerationConfigReader
{
    private const string BeamSearch = "only beam search reads it, which Dia's generate() refuses";
    private const string Assistant = "only assisted generation reads it, which Dia's generate() refuses";
    private const string TextAsCodes = "it would treat the bytes of the text as codes of the audio";

    private delegate GenerationOptions Apply(GenerationOptions options, JsonElement value);

    // Parameters that are options.
    private static readonly Dictionary<string, Apply> s_options = new()
    {
        ["do_sample"] = (options, value) => options with { DoSample = Boolean(value) },
        ["temperature"] = WithTemperature,
        ["top_k"] = (options, value) => options with { TopK = Integer(value) },
        ["top_p"] = (options, value) => options with { TopP = Number(value) },
        ["guidance_scale"] = (options, value) => options with { GuidanceScale = Number(value) },
        ["max_new_tokens"] = (options, value) => options with { MaxNewTokens = Integer(value) },
        ["min_length"] = (options, value) => options with { MinLength = Integer(value) },
        ["min_new_tokens"] = (options, value) => options with { MinNewTokens = Integer(value) },
        ["max_time"] = (options, value) => options with { MaxTime = TimeSpan.FromSeconds(Number(value)) },
        ["min_p"] = (options, value) => options with { MinP = Number(value) },
        ["typical_p"] = (options, value) => options with { TypicalP = Number(value) },
        ["top_h"] = (options, value) => options with { TopH = Number(value) },
        ["epsilon_cutoff"] = (options, value) => options with { EpsilonCutoff = Number(value) },
        ["eta_cutoff"] = (options, value) => options with { EtaCutoff = Number(value) },
        ["repetition_penalty"] = (options, value) => options with { RepetitionPenalty = Number(value) },
        ["no_repeat_ngram_size"] = (options, value) => options with { NoRepeatNgramSize = Integer(value) },
        ["bad_words_ids"] = (options, value) => options with { BadWordsIds = [.. value.EnumerateArray().Select(Integers)] },
        ["suppress_tokens"] = (options, value) => options with { SuppressTokens = Integers(value) },
        ["begin_suppress_tokens"] = (options, value) => options with { BeginSuppressTokens = Integers(value) },
        ["sequence_bias"] = (options, value) => options with { SequenceBias = [.. value.EnumerateArray().Select(Bias)] },
        ["exponential_decay_length_penalty"] = (options, value) =>
            options with { ExponentialDecayLengthPenalty = new ExponentialDecay(Integer(value[0]), Number(value[1])) },
        ["renormalize_logits"] = (options, value) => options with { RenormalizeLogits = Boolean(value) },
        ["output_scores"] = (options, value) => options with { OutputScores = Boolean(value) },
        ["output_logits"] = (options, value) => options with { OutputLogits = Boolean(value) },
    };

    // Parameters that change nothing here, whatever they are.
    private static readonly HashSet<string> s_withoutEffect =
    [
        "use_cache", "return_dict_in_generate", "compile_config", "disable_compile", "low_memory", "prefill_chunk_size",
        "transformers_version", "_from_model_config", "_commit_hash",
    ];

    // Parameters that may have these values only, and why.
    private static readonly Dictionary<string, Refusal> s_refused = new()
    {
        ["num_beams"] = new("beam search is not possible on nine channels that end one after another", "1"),
        ["num_return_sequences"] = new("a batch of the same text with a seed for each row gives several samples", "1", "0"),
        ["early_stopping"] = new(BeamSearch, "false"),
        ["length_penalty"] = new(BeamSearch, "1"),
        ["num_beam_groups"] = new(BeamSearch, "1"),
        ["diversity_penalty"] = new(BeamSearch, "0"),
        ["constraints"] = new(BeamSearch),
        ["force_words_ids"] = new(BeamSearch),
        ["penalty_alpha"] = new("Dia's generate() refuses contrastive search", "0"),
        ["dola_layers"] = new("Dia's generate() refuses decoding by contrasting layers"),
        ["is_assistant"] = new(Assistant, "false"),
        ["num_assistant_tokens"] = new(Assistant, "20"),
        ["num_assistant_tokens_schedule"] = new(Assistant, "\"constant\""),
        ["assistant_confidence_threshold"] = new(Assistant, "0.4"),
        ["assistant_early_exit"] = new(Assistant),
        ["assistant_lookbehind"] = new(Assistant, "10"),
        ["target_lookbehind"] = new(Assistant, "10"),
        ["prompt_lookup_num_tokens"] = new(Assistant),
        ["max_matching_ngram_size"] = new(Assistant),
        ["encoder_repetition_penalty"] = new(TextAsCodes, "1"),
        ["encoder_no_repeat_ngram_size"] = new(TextAsCodes, "0"),
        ["forced_bos_token_id"] = new("the first codes are speech; an audio prompt or a LogitsProcessor decides them"),
        ["remove_invalid_values"] = new("a NaN or an infinity is an error that names its place, and never replaced", "false"),
        ["stop_strings"] = new("the model gives codes, not text; use a StoppingCriterion"),
        ["token_healing"] = new("it mends the end of a text prompt, and the text goes to the encoder whole", "false"),
        ["watermarking_config"] = new("it marks tokens of text; nothing detects such a mark in audio"),
        ["output_attentions"] = new("a generation does not keep them; use Forward", "false"),
        ["output_hidden_states"] = new("a generation does not keep them; use Forward", "false"),
        ["cache_implementation"] = new("there is one cache; CacheType chooses its type", "\"dynamic\"", "\"static\""),
        ["cache_config"] = new("there is one cache; CacheType chooses its type"),
        ["continuous_batching_config"] = new("rows of a batch begin together"),
    };

    /// <summary>Every parameter that is known: what the documentation lists.</summary>
    internal static IEnumerable<string> Parameters =>
        s_options.Keys.Concat(s_withoutEffect).Concat(s_refused.Keys).Concat(
            ["max_length", "bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id", "forced_eos_token_id"]);

    internal static GenerationOptions Read(string json, DiaConfig config)
    {
        ArgumentNullException.ThrowIfNull(json);
        using JsonDocument document = Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new DiaConfigException($"The generation configuration is of the kind {document.RootElement.ValueKind}; an object is expected.");
        }

        var options = new GenerationOptions();
        foreach (JsonProperty parameter in document.RootElement.EnumerateObject())
        {
            if (parameter.Value.ValueKind != JsonValueKind.Null)
            {
                options = ReadParameter(options, parameter, config);
            }
        }

        return WithPrecedence(options, document.RootElement);
    }

    private static JsonDocument Parse(string json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException exception)
        {
            throw new DiaConfigException($"The generation configuration is not valid: {exception.Message}", exception);
        }
    }

    private static GenerationOptions ReadParameter(GenerationOptions options, JsonProperty parameter, DiaConfig config)
    {
        try
        {
            if (s_options.TryGetValue(parameter.Name, out Apply? apply))
            {
                return apply(options, parameter.Value);
            }

            return parameter.Name switch
            {
                // So many positions behind the prefix and the largest delay, which is MaxNewTokens here.
                "max_length" when options.MaxNewTokens is null =>
                    options with { MaxNewTokens = Integer(parameter.Value) + config.DelayPattern.Max() },
                "max_length" => options,
                "bos_token_id" or "decoder_start_token_id" => Checked(options, parameter, config.BosTokenId),
                "eos_token_id" or "forced_eos_token_id" => Checked(options, parameter, config.EosTokenId),
                "pad_token_id" => Checked(options, parameter, config.PadTokenId),
                _ => Refused(options, parameter),
            };
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException or IndexOutOfRangeException or OverflowException)
        {
            throw new DiaConfigException($"{parameter.Name} is {Shown(parameter.Value)}, which is of the wrong kind.", exception);
        }
    }

    // In the reference the counts behind the prefix win over the lengths in all.
    private static GenerationOptions WithPrecedence(GenerationOptions options, JsonElement root)
    {
        if (root.TryGetProperty("max_new_tokens", out JsonElement most) && most.ValueKind != JsonValueKind.Null)
        {
            options = options with { MaxNewTokens = Integer(most) };
        }

        return options.MinNewTokens is null ? options : options with { MinLength = null };
    }

    // The reference raises every temperature below 1, and so 0 too, which is greedy choice here.
    private static GenerationOptions WithTemperature(GenerationOptions options, JsonElement value)
    {
        float temperature = Number(value);
        return temperature == 0
            ? options with { Temperature = 1 }
            : options with { Temperature = temperature, ClampTemperature = temperature < 1 };
    }

    // A special token is the architecture's; the reference allows a list of ends.
    private static GenerationOptions Checked(GenerationOptions options, JsonProperty parameter, int expected)
    {
        bool isExpected = parameter.Value.ValueKind == JsonValueKind.Array
            ? Integers(parameter.Value) is [int only] && only == expected
            : Integer(parameter.Value) == expected;
        return isExpected
            ? options
            : throw NotSupported(parameter, $"the architecture says {expected.ToString(CultureInfo.InvariantCulture)}");
    }

    private static GenerationOptions Refused(GenerationOptions options, JsonProperty parameter)
    {
        if (s_withoutEffect.Contains(parameter.Name))
        {
            return options;
        }

        if (!s_refused.TryGetValue(parameter.Name, out Refusal? refusal))
        {
            throw NotSupported(parameter, "there is no such parameter");
        }

        return refusal.Allows(parameter.Value) ? options : throw NotSupported(parameter, refusal.Reason);
    }

    private static NotSupportedException NotSupported(JsonProperty parameter, string reason) =>
        new($"The generation parameter {parameter.Name} = {Shown(parameter.Value)} is not supported: {reason}.");

    private static string Shown(JsonElement value)
    {
        const int MaxLength = 60;
        string text = value.GetRawText();
        return text.Length <= MaxLength ? text : string.Concat(text.AsSpan(0, MaxLength), "...");
    }

    private static bool Boolean(JsonElement value) => value.GetBoolean();

    private static int Integer(JsonElement value) => value.GetInt32();

    private static float Number(JsonElement value) => value.GetSingle();

    private static int[] Integers(JsonElement value) => [.. value.EnumerateArray().Select(Integer)];

    private static SequenceBias Bias(JsonElement value) => new(Integers(value[0]), Number(value[1]));

    private sealed record Refusal(string Reason, params string[] Allowed)
    {
        public bool Allows(JsonElement value) => Allowed.Any(allowed =>
        {
            using JsonDocument document = JsonDocument.Parse(allowed);
            return document.RootElement.ValueKind == value.ValueKind && (value.ValueKind == JsonValueKind.Number
                ? document.RootElement.GetDouble() == value.GetDouble()
                : document.RootElement.GetRawText() == value.GetRawText());
        });
    }
}
