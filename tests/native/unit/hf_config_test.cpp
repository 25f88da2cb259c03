// The JSON files of a checkpoint: both spellings are read, and what cannot be honoured is refused by name.
#include "convert/hf_config.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "expect_error.h"
#include "golden_set.h"
#include "small_checkpoint.h"

namespace dia::testing {
namespace {

using nlohmann::json;

class HfConfig : public ::testing::Test {
protected:
    HfConfig() { checkpoint_.write(folder_); }

    Hparams read() const { return read_hf_config(folder_.path("dia"), folder_.path("dac")); }

    // Rewrites dia/config.json, changed.
    void change_config(const std::function<void(json &)> & change) {
        json config = checkpoint_.config;
        change(config);
        folder_.write("dia/config.json", config.dump());
    }

    void expect_config_refused(dia_status status, std::initializer_list<std::string> texts,
                               const std::function<void(json &)> & change) {
        change_config(change);
        expect_error(status, texts, [&] { read(); });
        expect_error(status, {folder_.path("dia/config.json")}, [&] { read(); });
        change_config([](json &) {});
    }

    // The same for a whole file beside it.
    void expect_file_refused(dia_status status, const std::string & name, const json & content,
                             std::initializer_list<std::string> texts) {
        SCOPED_TRACE(name + ": " + content.dump());
        folder_.write(name, content.dump());
        expect_error(status, texts, [&] { read(); });
        expect_error(status, {folder_.path(name)}, [&] { read(); });
        std::filesystem::remove(std::filesystem::u8path(folder_.path(name)));
    }

    SmallCheckpoint checkpoint_;
    TemporaryFolder folder_;
};

TEST_F(HfConfig, ReadsEveryNumber) {
    const Hparams found = read();
    const Hparams expected = small_hparams();
    EXPECT_EQ(found.name, "dia");
    EXPECT_EQ(found.dia.encoder.head_dim, expected.dia.encoder.head_dim);
    EXPECT_EQ(found.dia.encoder.num_key_value_heads, expected.dia.encoder.num_key_value_heads);
    EXPECT_EQ(found.dia.decoder.num_key_value_heads, expected.dia.decoder.num_key_value_heads);
    EXPECT_EQ(found.dia.decoder.cross_head_dim, expected.dia.decoder.cross_head_dim);
    EXPECT_EQ(found.dia.decoder.vocab_size, expected.dia.decoder.vocab_size);
    EXPECT_EQ(found.dia.eos_token_id, 16);
    EXPECT_EQ(found.dia.delay_pattern, expected.dia.delay_pattern);
    EXPECT_EQ(found.dac->sampling_rate, 8000);
    EXPECT_EQ(found.dac->upsampling_ratios, expected.dac->upsampling_ratios);
    EXPECT_FALSE(read_hf_config(folder_.path("dia"), "").dac.has_value());
}

TEST_F(HfConfig, RefusesNestingWithoutEnd) {
    const std::string depths(100000, '[');
    folder_.write("dia/config.json", "{\"a\": " + depths);
    expect_error(DIA_STATUS_INVALID_FILE, {"dia/config.json", "more than 64 levels"}, [&] { read(); });
}

TEST_F(HfConfig, ReadsTheGoldenCheckpoints) {
    for (const auto & set : golden_sets()) {
        SCOPED_TRACE(set->name());
        const Hparams hparams = read_hf_config(set->model_dir(), set->codec_dir());
        EXPECT_EQ(static_cast<int32_t>(hparams.dia.delay_pattern.size()), hparams.dia.decoder.num_channels);
        EXPECT_EQ(hparams.dac->n_codebooks, hparams.dia.decoder.num_channels);
    }
}

TEST_F(HfConfig, ReadsTheOlderSpelling) {
    change_config([](json & config) {
        for (const char * part : {"encoder_config", "decoder_config"}) {
            config[part].erase("rope_parameters");
            config[part]["rope_theta"] = 500.0;
            config[part]["rope_scaling"] = nullptr;
        }
        for (const char * token : {"bos_token_id", "eos_token_id", "pad_token_id"}) {
            config[token] = config["decoder_config"][token];
            config["decoder_config"].erase(token);
        }
    });
    const Hparams found = read();
    EXPECT_EQ(found.dia.encoder.rope_theta, 500.0f);
    EXPECT_EQ(found.dia.decoder.rope_theta, 500.0f);
    EXPECT_EQ(found.dia.bos_token_id, 18);
    EXPECT_EQ(found.dia.pad_token_id, 17);
}

TEST_F(HfConfig, TokensOfTheTopLevelWin) {
    change_config([](json & config) {
        config["bos_token_id"] = 19;
        config["pad_token_id"] = nullptr;
    });
    EXPECT_EQ(read().dia.bos_token_id, 19);
    EXPECT_EQ(read().dia.pad_token_id, 17);
}

TEST_F(HfConfig, AbsentNumbersAreThoseOfTheReference) {
    folder_.write("dia/config.json", R"({"model_type": "dia"})");
    const Hparams found = read_hf_config(folder_.path("dia"), "");
    EXPECT_EQ(found.dia.decoder.hidden_size, 2048);
    EXPECT_EQ(found.dia.bos_token_id, 1026);
    EXPECT_EQ(found.generation.top_k, 45);
    EXPECT_EQ(found.generation.max_length, 3072);
}

TEST_F(HfConfig, TheCodecsDerivedNumbersMayBeAbsent) {
    json config = checkpoint_.codec_config;
    for (const char * key : {"upsampling_ratios", "hop_length", "hidden_size", "sampling_rate"}) {
        config.erase(key);
    }
    folder_.write("dac/config.json", config.dump());
    const Hparams found = read();
    EXPECT_EQ(found.dac->upsampling_ratios, (std::vector<int32_t>{4, 2}));
    EXPECT_EQ(found.dac->hop_length, 8);
    EXPECT_EQ(found.dac->hidden_size, 8);  // 2 channels, doubled twice
    EXPECT_EQ(found.dac->sampling_rate, 16000);
}

TEST_F(HfConfig, ReadsGenerationDefaults) {
    folder_.write("dia/generation_config.json",
                  R"({"do_sample": false, "temperature": 0.5, "top_k": 7, "top_p": null, "guidance_scale": 2,)"
                  R"("max_length": 99, "eos_token_id": 16})");
    const GenerationDefaults found = read().generation;
    EXPECT_FALSE(found.do_sample);
    EXPECT_EQ(found.temperature, 0.5f);
    EXPECT_EQ(found.top_k, 7);
    EXPECT_EQ(found.top_p, 0.95f);
    EXPECT_EQ(found.guidance_scale, 2.0f);
    EXPECT_EQ(found.max_length, 99);
    expect_file_refused(DIA_STATUS_INVALID_FILE, "dia/generation_config.json", {{"eos_token_id", 15}},
                        {"eos_token_id is 15", "16"});
    expect_file_refused(DIA_STATUS_INVALID_FILE, "dia/generation_config.json", {{"top_k", "many"}},
                        {"top_k", "\"many\"", "integer"});
}

TEST_F(HfConfig, RefusesWhatIsNotDia) {
    const dia_status unsupported = DIA_STATUS_UNSUPPORTED;
    expect_config_refused(unsupported, {"model_type is \"llama\"", "\"dia\""},
                          [](json & config) { config["model_type"] = "llama"; });
    expect_config_refused(unsupported, {"model_type is missing"},
                          [](json & config) { config.erase("model_type"); });
    expect_config_refused(unsupported, {"encoder_config.hidden_act is \"gelu\"", "silu"},
                          [](json & config) { config["encoder_config"]["hidden_act"] = "gelu"; });
    expect_config_refused(unsupported, {"decoder_config.rope_parameters.rope_type is \"yarn\""},
                          [](json & config) { config["decoder_config"]["rope_parameters"]["rope_type"] = "yarn"; });
    expect_config_refused(unsupported, {"decoder_config.rope_scaling.type is \"linear\""}, [](json & config) {
        config["decoder_config"]["rope_scaling"] = {{"type", "linear"}, {"factor", 2.0}};
    });
    expect_config_refused(unsupported, {"partial_rotary_factor is 0.5"}, [](json & config) {
        config["encoder_config"]["rope_parameters"]["partial_rotary_factor"] = 0.5;
    });
    expect_file_refused(unsupported, "dac/config.json", {{"model_type", "encodec"}}, {"encodec", "dac"});
}

TEST_F(HfConfig, RefusesValuesOfTheWrongType) {
    const dia_status invalid = DIA_STATUS_INVALID_FILE;
    expect_config_refused(invalid, {"encoder_config is 7", "object"},
                          [](json & config) { config["encoder_config"] = 7; });
    expect_config_refused(invalid, {"encoder_config.hidden_size is \"32\"", "integer"},
                          [](json & config) { config["encoder_config"]["hidden_size"] = "32"; });
    expect_config_refused(invalid, {"hidden_size is 32.5", "integer"},
                          [](json & config) { config["encoder_config"]["hidden_size"] = 32.5; });
    expect_config_refused(invalid, {"hidden_size is 9999999999"},
                          [](json & config) { config["encoder_config"]["hidden_size"] = 9999999999; });
    expect_config_refused(invalid, {"norm_eps is \"small\"", "number"},
                          [](json & config) { config["decoder_config"]["norm_eps"] = "small"; });
    expect_config_refused(invalid, {"delay_pattern is [0,\"2\",3]"}, [](json & config) {
        config["delay_pattern"] = {0, "2", 3};
    });
    expect_config_refused(invalid, {"dia.encoder.hidden_size is -32"},
                          [](json & config) { config["encoder_config"]["hidden_size"] = -32; });
    expect_config_refused(invalid, {"dia.delay_pattern", "3"},
                          [](json & config) { config["delay_pattern"] = {0}; });
}

TEST_F(HfConfig, RefusesFilesThatAreNotJson) {
    folder_.write("dia/config.json", R"({"model_type": "dia")");
    expect_error(DIA_STATUS_INVALID_FILE, {"dia/config.json", "JSON"}, [&] { read(); });
    folder_.write("dia/config.json", "[]");
    expect_error(DIA_STATUS_INVALID_FILE, {"dia/config.json", "array"}, [&] { read(); });
    folder_.write("dia/config.json", "");
    expect_error(DIA_STATUS_INVALID_FILE, {"dia/config.json", "JSON"}, [&] { read(); });
    std::filesystem::remove(std::filesystem::u8path(folder_.path("dia/config.json")));
    expect_error(DIA_STATUS_IO, {"dia/config.json"}, [&] { read(); });
}

TEST_F(HfConfig, AcceptsTheTokenizersFiles) {
    const json tokens = {{"0", {{"content", "<pad>"}}}, {"1", {{"content", "[S1]"}}}, {"2", {{"content", "[S2]"}}}};
    folder_.write(
        "dia/tokenizer_config.json",
        json{{"tokenizer_class", "DiaTokenizer"}, {"offset", 0}, {"added_tokens_decoder", tokens}}.dump());
    folder_.write("dia/added_tokens.json", R"({"<pad>": 0, "[S1]": 1, "[S2]": 2})");
    EXPECT_NO_THROW(read());
}

TEST_F(HfConfig, RefusesAnotherTokenizer) {
    const dia_status unsupported = DIA_STATUS_UNSUPPORTED;
    const std::string name = "dia/tokenizer_config.json";
    expect_file_refused(unsupported, name, {{"tokenizer_class", "T5Tokenizer"}}, {"T5Tokenizer", "DiaTokenizer"});
    expect_file_refused(unsupported, name, {{"offset", 3}}, {"offset is 3", "0"});
    expect_file_refused(unsupported, name, {{"added_tokens_decoder", {{"0", {{"content", "<pad>"}}}}}}, {"[S1]"});
    json four = {{"0", {{"content", "<pad>"}}}, {"1", {{"content", "[S1]"}}}, {"2", {{"content", "[S2]"}}}};
    four["3"] = {{"content", "[S3]"}};
    expect_file_refused(unsupported, name, {{"added_tokens_decoder", four}}, {"added_tokens_decoder"});
    expect_file_refused(unsupported, "dia/added_tokens.json", {{"<pad>", 0}, {"[S1]", 2}, {"[S2]", 1}}, {"[S1]"});
}

TEST_F(HfConfig, RefusesAStereoFeatureExtractor) {
    expect_file_refused(DIA_STATUS_UNSUPPORTED, "dia/preprocessor_config.json", {{"feature_size", 2}},
                        {"feature_size is 2"});
    expect_file_refused(DIA_STATUS_UNSUPPORTED, "dia/processor_config.json",
                        {{"feature_extractor", {{"feature_size", 2}}}}, {"feature_extractor.feature_size is 2"});
}

}  // namespace
}  // namespace dia::testing
