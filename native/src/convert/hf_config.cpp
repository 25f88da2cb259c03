#include "convert/hf_config.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "convert/json_file.h"
#include "support/error.h"
#include "support/log.h"

namespace dia {

namespace {

constexpr const char * kDefaultRope = "default";

[[noreturn]] void unsupported(const JsonObject & object, const char * key, const std::string & found,
                              const std::string & expected) {
    fail(DIA_STATUS_UNSUPPORTED, "%s: %s is %s, expected %s", object.path().c_str(), object.name_of(key).c_str(),
         found.c_str(), expected.c_str());
}

void expect_text(const JsonObject & object, const char * key, const char * expected) {
    const std::string found = object.text(key).value_or(expected);
    if (found != expected) {
        unsupported(object, key, "\"" + found + "\"", std::string("\"") + expected + "\"");
    }
}

void expect_integer(const JsonObject & object, const char * key, int32_t expected) {
    const int32_t found = object.integer(key).value_or(expected);
    if (found != expected) {
        unsupported(object, key, std::to_string(found), std::to_string(expected));
    }
}

// Newer files have rope_parameters; older ones rope_theta, and rope_scaling, which is null.
void read_rope(const JsonObject & config, float & theta) {
    config.update("rope_theta", theta);
    for (const char * key : {"rope_scaling", "rope_parameters"}) {
        if (const auto rope = config.object(key)) {
            expect_text(*rope, "rope_type", kDefaultRope);
            expect_text(*rope, "type", kDefaultRope);
            rope->update("rope_theta", theta);
            if (const float part = rope->number("partial_rotary_factor").value_or(1.0f); part != 1.0f) {
                unsupported(*rope, "partial_rotary_factor", format("%g", static_cast<double>(part)), "1");
            }
        }
    }
}

void read_encoder(const JsonObject & config, EncoderHparams & encoder) {
    expect_text(config, "hidden_act", "silu");
    config.update("max_position_embeddings", encoder.max_position_embeddings);
    config.update("num_hidden_layers", encoder.num_hidden_layers);
    config.update("hidden_size", encoder.hidden_size);
    config.update("num_attention_heads", encoder.num_attention_heads);
    config.update("num_key_value_heads", encoder.num_key_value_heads);
    config.update("head_dim", encoder.head_dim);
    config.update("intermediate_size", encoder.intermediate_size);
    config.update("vocab_size", encoder.vocab_size);
    config.update("norm_eps", encoder.norm_eps);
    read_rope(config, encoder.rope_theta);
}

void read_decoder(const JsonObject & config, DecoderHparams & decoder) {
    expect_text(config, "hidden_act", "silu");
    config.update("max_position_embeddings", decoder.max_position_embeddings);
    config.update("num_hidden_layers", decoder.num_hidden_layers);
    config.update("hidden_size", decoder.hidden_size);
    config.update("intermediate_size", decoder.intermediate_size);
    config.update("num_attention_heads", decoder.num_attention_heads);
    config.update("num_key_value_heads", decoder.num_key_value_heads);
    config.update("head_dim", decoder.head_dim);
    config.update("cross_num_attention_heads", decoder.cross_num_attention_heads);
    config.update("cross_num_key_value_heads", decoder.cross_num_key_value_heads);
    config.update("cross_head_dim", decoder.cross_head_dim);
    config.update("cross_hidden_size", decoder.cross_hidden_size);
    config.update("vocab_size", decoder.vocab_size);
    config.update("num_channels", decoder.num_channels);
    config.update("norm_eps", decoder.norm_eps);
    read_rope(config, decoder.rope_theta);
}

// The token ids stand in the decoder's part; where the top level has them, too, it wins.
void read_special_tokens(const JsonObject & config, DiaHparams & dia) {
    config.update("bos_token_id", dia.bos_token_id);
    config.update("eos_token_id", dia.eos_token_id);
    config.update("pad_token_id", dia.pad_token_id);
}

void check_model_type(const JsonObject & config, const char * expected) {
    if (!config.has("model_type")) {
        fail(DIA_STATUS_UNSUPPORTED,
             "%s: model_type is missing, expected \"%s\"; only checkpoints in the layout of "
             "Hugging Face transformers can be converted",
             config.path().c_str(), expected);
    }
    expect_text(config, "model_type", expected);
}

DiaHparams read_dia(const std::string & path) {
    const JsonObject config = JsonObject::read(path);
    check_model_type(config, "dia");
    DiaHparams dia;
    if (const auto encoder = config.object("encoder_config")) {
        read_encoder(*encoder, dia.encoder);
    }
    if (const auto decoder = config.object("decoder_config")) {
        read_decoder(*decoder, dia.decoder);
        read_special_tokens(*decoder, dia);
    }
    read_special_tokens(config, dia);
    config.update("delay_pattern", dia.delay_pattern);
    return dia;
}

void expect_same_token(const JsonObject & generation, const char * key, int32_t expected) {
    const int32_t found = generation.integer(key).value_or(expected);
    if (found != expected) {
        fail(DIA_STATUS_INVALID_FILE, "%s: %s is %d, but config.json has %d", generation.path().c_str(), key, found,
             expected);
    }
}

// What generate() would read from the file and a GGUF has no place for.
constexpr std::array<const char *, 16> kOptionsOfTheCaller = {"max_new_tokens",
                                                              "min_length",
                                                              "min_new_tokens",
                                                              "max_time",
                                                              "min_p",
                                                              "typical_p",
                                                              "top_h",
                                                              "epsilon_cutoff",
                                                              "eta_cutoff",
                                                              "sequence_bias",
                                                              "repetition_penalty",
                                                              "no_repeat_ngram_size",
                                                              "bad_words_ids",
                                                              "suppress_tokens",
                                                              "begin_suppress_tokens",
                                                              "exponential_decay_length_penalty"};

void warn_of_lost_options(const JsonObject & config) {
    for (const char * name : kOptionsOfTheCaller) {
        if (config.has(name)) {
            log(DIA_LOG_LEVEL_WARNING, "%s: %s is not kept; state it when generating", config.path().c_str(), name);
        }
    }
}

GenerationDefaults read_generation(const std::string & path, const DiaHparams & dia) {
    GenerationDefaults defaults;
    if (!path_exists(path)) {
        log(DIA_LOG_LEVEL_INFO, "%s: not there; the generation defaults are those of Dia-1.6B", path.c_str());
        return defaults;
    }
    const JsonObject config = JsonObject::read(path);
    config.update("do_sample", defaults.do_sample);
    config.update("temperature", defaults.temperature);
    config.update("top_k", defaults.top_k);
    config.update("top_p", defaults.top_p);
    config.update("guidance_scale", defaults.guidance_scale);
    config.update("max_length", defaults.max_length);
    expect_same_token(config, "bos_token_id", dia.bos_token_id);
    expect_same_token(config, "eos_token_id", dia.eos_token_id);
    expect_same_token(config, "pad_token_id", dia.pad_token_id);
    warn_of_lost_options(config);
    return defaults;
}

// The three tokens that DiaTokenizer adds to the 256 bytes; an id is its place.
constexpr std::array<const char *, 3> kAddedTokens = {"<pad>", "[S1]", "[S2]"};

[[noreturn]] void refuse_added_tokens(const JsonObject & file, const char * key) {
    fail(DIA_STATUS_UNSUPPORTED, "%s: %s is not exactly \"<pad>\" 0, \"[S1]\" 1 and \"[S2]\" 2",
         file.path().c_str(), key);
}

void check_added_tokens_decoder(const JsonObject & config) {
    const auto tokens = config.object("added_tokens_decoder");
    if (!tokens) {
        return;
    }
    for (size_t id = 0; id < kAddedTokens.size(); ++id) {
        const auto token = tokens->object(std::to_string(id).c_str());
        if (!token || token->text("content") != kAddedTokens[id]) {
            refuse_added_tokens(config, "added_tokens_decoder");
        }
    }
    if (tokens->value().size() != kAddedTokens.size()) {
        refuse_added_tokens(config, "added_tokens_decoder");
    }
}

void check_added_tokens(const std::string & path) {
    if (!path_exists(path)) {
        return;
    }
    const JsonObject tokens = JsonObject::read(path);
    for (size_t id = 0; id < kAddedTokens.size(); ++id) {
        if (tokens.integer(kAddedTokens[id]) != static_cast<int32_t>(id)) {
            refuse_added_tokens(tokens, "the list of added tokens");
        }
    }
    if (tokens.value().size() != kAddedTokens.size()) {
        refuse_added_tokens(tokens, "the list of added tokens");
    }
}

// There is one tokenizer, UTF-8 bytes and three tags, so its files only have to agree with it.
void check_tokenizer(const std::string & model_dir) {
    check_added_tokens(model_dir + "/added_tokens.json");
    const std::string path = model_dir + "/tokenizer_config.json";
    if (!path_exists(path)) {
        log(DIA_LOG_LEVEL_INFO, "%s: not there; the tokenizer is taken to be Dia's", path.c_str());
        return;
    }
    const JsonObject config = JsonObject::read(path);
    expect_text(config, "tokenizer_class", "DiaTokenizer");
    expect_integer(config, "offset", 0);
    check_added_tokens_decoder(config);
}

DacHparams read_dac(const std::string & path) {
    const JsonObject config = JsonObject::read(path);
    check_model_type(config, "dac");
    DacHparams dac;
    dac.sampling_rate = 16000;  // what an absent value means to the reference
    config.update("sampling_rate", dac.sampling_rate);
    config.update("n_codebooks", dac.n_codebooks);
    config.update("codebook_size", dac.codebook_size);
    config.update("codebook_dim", dac.codebook_dim);
    config.update("encoder_hidden_size", dac.encoder_hidden_size);
    config.update("decoder_hidden_size", dac.decoder_hidden_size);
    config.update("downsampling_ratios", dac.downsampling_ratios);

    // The reference derives these three from the others.
    dac.upsampling_ratios.assign(dac.downsampling_ratios.rbegin(), dac.downsampling_ratios.rend());
    int64_t hop_length = 1;
    int64_t hidden_size = dac.encoder_hidden_size;
    for (const int32_t ratio : dac.downsampling_ratios) {
        hop_length = std::clamp<int64_t>(hop_length * ratio, 0, INT32_MAX);
        hidden_size = std::clamp<int64_t>(hidden_size * 2, 0, INT32_MAX);
    }
    dac.hop_length = static_cast<int32_t>(hop_length);
    dac.hidden_size = static_cast<int32_t>(hidden_size);
    config.update("upsampling_ratios", dac.upsampling_ratios);
    config.update("hop_length", dac.hop_length);
    config.update("hidden_size", dac.hidden_size);
    return dac;
}

// The codec itself decides; a feature extractor that disagrees belongs to another one.
void compare_with_codec(const JsonObject & extractor, const char * key, int32_t expected) {
    const int32_t found = extractor.integer(key).value_or(expected);
    if (found != expected) {
        log(DIA_LOG_LEVEL_WARNING, "%s: %s is %d, but the codec has %d", extractor.path().c_str(),
            extractor.name_of(key).c_str(), found, expected);
    }
}

void check_extractor(const JsonObject & extractor, const DacHparams & dac) {
    compare_with_codec(extractor, "sampling_rate", dac.sampling_rate);
    compare_with_codec(extractor, "hop_length", dac.hop_length);
    expect_integer(extractor, "feature_size", 1);
}

// Older checkpoints describe the feature extractor in preprocessor_config.json, newer ones in a member of
// processor_config.json. Its numbers are the codec's.
void check_feature_extractor(const std::string & model_dir, const DacHparams & dac) {
    if (const std::string path = model_dir + "/preprocessor_config.json"; path_exists(path)) {
        check_extractor(JsonObject::read(path), dac);
    }
    if (const std::string path = model_dir + "/processor_config.json"; path_exists(path)) {
        const JsonObject config = JsonObject::read(path);
        if (const auto extractor = config.object("feature_extractor")) {
            check_extractor(*extractor, dac);
        }
    }
}

// What people call the model: the name of its folder.
std::string model_name(const std::string & model_dir) {
    std::error_code ignored;
    const auto path = std::filesystem::absolute(std::filesystem::u8path(model_dir + "/."), ignored);
    return path.lexically_normal().parent_path().filename().u8string();
}

}  // namespace

Hparams read_hf_config(const std::string & model_dir, const std::string & codec_dir) {
    const std::string config_path = model_dir + "/config.json";
    Hparams hparams;
    hparams.name = model_name(model_dir);
    hparams.dia = read_dia(config_path);
    hparams.generation = read_generation(model_dir + "/generation_config.json", hparams.dia);
    check_tokenizer(model_dir);
    hparams.validate(config_path);
    if (!codec_dir.empty()) {
        hparams.dac = read_hf_codec_config(codec_dir);
        check_feature_extractor(model_dir, *hparams.dac);
        hparams.validate(codec_dir + "/config.json");
    }
    return hparams;
}

DacHparams read_hf_codec_config(const std::string & codec_dir) {
    return read_dac(codec_dir + "/config.json");
}

}  // namespace dia
