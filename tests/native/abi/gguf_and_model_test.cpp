// What a GGUF file holds and what a loaded model says of itself, as a caller sees it.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "dia/dia.h"
#include "refusal.h"
#include "tiny_model.h"

namespace dia_abi {
namespace {

GgufPtr open_gguf(const std::string & path) {
    dia_gguf * gguf = nullptr;
    EXPECT_EQ(dia_gguf_open(path.c_str(), &gguf), DIA_STATUS_OK) << dia_last_error_message();
    return GgufPtr(gguf);
}

// Type and value of every key, as "u32 7".
std::map<std::string, std::string> metadata_of(const dia_gguf * gguf) {
    std::map<std::string, std::string> metadata;
    for (int64_t i = 0; i < dia_gguf_metadata_count(gguf); ++i) {
        metadata[dia_gguf_metadata_key(gguf, i)] =
            std::string(dia_gguf_metadata_type(gguf, i)) + " " + dia_gguf_metadata_value(gguf, i);
    }
    return metadata;
}

TEST(GgufDirectory, ListsMetadataAsText) {
    const GgufPtr gguf = open_gguf(tiny_model_path());
    std::map<std::string, std::string> metadata = metadata_of(gguf.get());
    EXPECT_EQ(metadata["general.architecture"], "str dia");
    EXPECT_EQ(metadata["dia.has_codec"], "bool true");
    EXPECT_EQ(metadata["dia.eos_token_id"], "u32 1024");
    EXPECT_EQ(metadata["dia.generation.temperature"], "f32 1.20000005");
    EXPECT_EQ(metadata["dia.delay_pattern"], "arr[i32] [0, 8, 9, 10, 11, 12, 13, 14, 15]");
}

TEST(GgufDirectory, ListsTensorsThatFillTheFile) {
    const GgufPtr gguf = open_gguf(tiny_model_path());
    const auto file_size = static_cast<int64_t>(std::filesystem::file_size(tiny_model_path()));
    int64_t n_bytes = 0;
    int64_t last_end = 0;
    bool found = false;
    for (int64_t i = 0; i < dia_gguf_tensor_count(gguf.get()); ++i) {
        dia_tensor_info info;
        info.struct_size = sizeof info;
        ASSERT_EQ(dia_gguf_get_tensor(gguf.get(), i, &info), DIA_STATUS_OK);
        EXPECT_GE(info.offset, last_end) << info.name;
        last_end = info.offset + info.n_bytes;
        n_bytes += info.n_bytes;
        if (std::strcmp(info.name, "dia.enc.token_embd.weight") == 0) {
            found = true;
            EXPECT_STREQ(info.type_name, "f32");
            EXPECT_EQ(info.n_dimensions, 2);
            EXPECT_EQ(info.dimensions[0], tiny_config().encoder_hidden_size);
            EXPECT_EQ(info.dimensions[1], 256);
            EXPECT_EQ(info.dimensions[2], 1);
        }
    }
    EXPECT_TRUE(found);
    EXPECT_LE(last_end, file_size);
    EXPECT_GT(last_end, file_size - 32);
    EXPECT_EQ(n_bytes, tiny_config().n_bytes);
}

// A name that is not UTF-8 is still a name.
TEST(GgufDirectory, LendsNothingButUtf8) {
    std::ifstream source(tiny_model_path(), std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(source), std::istreambuf_iterator<char>()};
    bytes[bytes.find("general.name")] = '\xff';
    bytes[bytes.find("dia.enc.output_norm.weight")] = '\xfe';
    const std::string path = tiny_model_path() + ".damaged";
    std::ofstream(path, std::ios::binary) << bytes;
    const GgufPtr gguf = open_gguf(path);
    EXPECT_EQ(metadata_of(gguf.get())
                  .count("\xEF\xBF\xBD"
                         "eneral.name"),
              1u);
    bool found = false;
    for (int64_t i = 0; i < dia_gguf_tensor_count(gguf.get()); ++i) {
        dia_tensor_info info;
        info.struct_size = sizeof info;
        ASSERT_EQ(dia_gguf_get_tensor(gguf.get(), i, &info), DIA_STATUS_OK);
        found = found || std::strcmp(info.name,
                                     "\xEF\xBF\xBD"
                                     "ia.enc.output_norm.weight") == 0;
    }
    EXPECT_TRUE(found);
    std::filesystem::remove(path);
}

TEST(Model, TellsItsNumbers) {
    const dia_config config = tiny_config();
    EXPECT_EQ(config.has_codec, 1);
    EXPECT_EQ(config.encoder_vocab_size, 256);
    EXPECT_EQ(config.decoder_vocab_size, 1028);
    EXPECT_EQ(config.decoder_num_key_value_heads, 2);
    EXPECT_EQ(config.decoder_cross_head_dim, 24);
    EXPECT_EQ(config.num_channels, 9);
    EXPECT_EQ(config.delay_pattern[8], 15);
    EXPECT_EQ(config.delay_pattern[9], 0);
    EXPECT_EQ(config.codec_n_blocks, 4);
    EXPECT_EQ(config.codec_downsampling_ratios[0], 2);
    EXPECT_EQ(config.codec_upsampling_ratios[0], 8);
    EXPECT_EQ(config.n_bytes, 4 * (config.n_parameters + config.codec_n_parameters));
    EXPECT_STREQ(dia_model_description(tiny_model()), "Dia 1.4M f32 + DAC f32");
}

TEST(Conversion, TakesAFileForOneOfTtsCpp) {
    const std::string path = tiny_model_path();
    EXPECT_EQ(dia_checkpoint_format_of(path.c_str()), DIA_CHECKPOINT_FORMAT_TTS_CPP);
    EXPECT_EQ(dia_checkpoint_format_of((path + ".missing").c_str()), DIA_CHECKPOINT_FORMAT_HUGGING_FACE);
    EXPECT_EQ(dia_checkpoint_format_of("."), DIA_CHECKPOINT_FORMAT_HUGGING_FACE);
}

TEST(Model, LoadsWithoutCodec) {
    dia_model_params params;
    ASSERT_EQ(dia_model_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.load_codec = 0;
    dia_model * loaded = nullptr;
    ASSERT_EQ(dia_model_load(tiny_model_path().c_str(), &params, &loaded), DIA_STATUS_OK);
    const ModelPtr model(loaded);
    dia_config config;
    config.struct_size = sizeof config;
    ASSERT_EQ(dia_model_get_config(model.get(), &config), DIA_STATUS_OK);
    EXPECT_EQ(config.has_codec, 0);
    EXPECT_EQ(config.codec_sampling_rate, 0);
    EXPECT_EQ(config.codec_n_parameters, 0);
}

int32_t stop_at_once(int64_t, int64_t, void * user_data) {
    ++*static_cast<int *>(user_data);
    return 1;
}

TEST(Model, ProgressStopsLoadingAndConversion) {
    int calls = 0;
    dia_model_params model_params;
    ASSERT_EQ(dia_model_params_init(&model_params, sizeof model_params), DIA_STATUS_OK);
    dia_model_params elsewhere = model_params;
    elsewhere.device = "Abacus7";
    dia_model * nowhere = nullptr;
    EXPECT_REFUSED(DIA_STATUS_INVALID_ARGUMENT, dia_model_load(tiny_model_path().c_str(), &elsewhere, &nowhere),
                   "device is \"Abacus7\"");
    model_params.use_mmap = 0;
    model_params.progress = stop_at_once;
    model_params.user_data = &calls;
    dia_model * model = nullptr;
    EXPECT_REFUSED(DIA_STATUS_CANCELLED, dia_model_load(tiny_model_path().c_str(), &model_params, &model),
                   tiny_model_path());
    EXPECT_EQ(calls, 1);

    const std::string output = tiny_model_path() + ".never";
    dia_convert_params params;
    ASSERT_EQ(dia_convert_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.model_dir = DIA_TEST_GOLDEN_DIR "/tiny/dia";
    params.output_path = output.c_str();
    params.progress = stop_at_once;
    params.user_data = &calls;
    EXPECT_REFUSED(DIA_STATUS_CANCELLED, dia_convert(&params), output);
    EXPECT_EQ(calls, 2);
    EXPECT_FALSE(std::filesystem::exists(output));
}

}  // namespace
}  // namespace dia_abi
