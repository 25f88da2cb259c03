// A GGUF becomes a smaller one, as the converter would have made it, or nothing at all.
#include "quantize/quantizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "convert/converter.h"
#include "expect_error.h"
#include "ggml.h"
#include "gguf/gguf_file.h"
#include "gguf/storage_type.h"
#include "model/model.h"
#include "small_checkpoint.h"
#include "support/log.h"

namespace dia::testing {
namespace {

// Widths of all kinds: multiples of 256, of 32, and of neither.
Hparams mixed_hparams() {
    Hparams hparams = small_hparams();
    hparams.dia.encoder.hidden_size = 256;
    hparams.dia.decoder.hidden_size = 256;
    hparams.dia.decoder.intermediate_size = 512;
    hparams.dia.decoder.cross_hidden_size = 256;
    hparams.dia.decoder.cross_head_dim = 128;
    hparams.dia.encoder.num_hidden_layers = 1;
    return hparams;
}

class QuantizerTest : public ::testing::Test {
protected:
    QuantizerTest() {
        SmallCheckpoint(mixed_hparams()).write(folder_);
        options_.input_path = convert_small(folder_);
        options_.write.output_path = folder_.path("small.gguf");
        options_.write.n_threads = 1;
        names_ = folder_.names();
    }

    void TearDown() override { set_log_callback(DIA_LOG_LEVEL_NONE, nullptr, nullptr); }

    std::string quantize(dia_type type) {
        options_.write.types.type = type;
        Quantizer(options_).write();
        return options_.write.output_path;
    }

    // Another file to write.
    void write_to(const std::string & name) { options_.write.output_path = folder_.path(name); }

    // What the converter makes of the checkpoint at once.
    std::string convert(dia_type type) {
        ConvertOptions options;
        options.model_dir = folder_.path("dia");
        options.codec_dir = folder_.path("dac");
        options.write = options_.write;
        options.write.types.type = type;
        options.write.output_path = folder_.path("converted.gguf");
        convert_checkpoint(options);
        return options.write.output_path;
    }

    void expect_refused(dia_status status, std::initializer_list<std::string> texts) {
        expect_error(status, texts, [&] { Quantizer(options_).write(); });
        EXPECT_EQ(folder_.names(), names_) << "something was left behind";
    }

    static ggml_type type_of(const std::string & path, const std::string & tensor) {
        return GgufFile(path).find_tensor(tensor)->type;
    }

    std::string warnings() {
        std::string warnings;
        const auto collect = [](dia_log_level, const char * message, void * user_data) {
            *static_cast<std::string *>(user_data) += std::string(message) + "\n";
        };
        set_log_callback(DIA_LOG_LEVEL_WARNING, collect, &warnings);
        Quantizer(options_).write();
        set_log_callback(DIA_LOG_LEVEL_NONE, nullptr, nullptr);
        return warnings;
    }

    TemporaryFolder folder_;
    QuantizeOptions options_;
    std::vector<std::string> names_;
};

TEST_F(QuantizerTest, WritesWhatTheConverterWrites) {
    for (const StorageType & type : storage_types()) {
        for (const dia_mix mix : {DIA_MIX_NONE, DIA_MIX_MEDIUM}) {
            if (mix == DIA_MIX_MEDIUM && !is_quantized(type.type)) {
                continue;
            }
            options_.write.types.mix = mix;
            EXPECT_EQ(read_file(quantize(type.type)), read_file(convert(type.type))) << type_name(type.type);
        }
    }
}

TEST_F(QuantizerTest, WritesTheSameWithAnyNumberOfThreads) {
    for (const dia_type type : {DIA_TYPE_F16, DIA_TYPE_Q4_K, DIA_TYPE_Q4_0}) {
        options_.write.n_threads = 1;
        const std::string one = read_file(quantize(type));
        options_.write.n_threads = 7;
        EXPECT_EQ(read_file(quantize(type)), one) << type_name(type);
    }
}

TEST_F(QuantizerTest, PlansExactlyWhatItWrites) {
    for (const StorageType & type : storage_types()) {
        SCOPED_TRACE(type_name(type.type));
        options_.write.types.type = type.type;
        Quantizer quantizer(options_);
        quantizer.write();
        const GgufFile file(options_.write.output_path);
        EXPECT_EQ(quantizer.n_bytes(), std::filesystem::file_size(options_.write.output_path));
        ASSERT_EQ(quantizer.tensors().size(), file.tensors().size());
        for (size_t i = 0; i < file.tensors().size(); ++i) {
            const PlannedTensor & planned = quantizer.tensors()[i];
            const GgufTensor & written = file.tensors()[i];
            EXPECT_EQ(planned.entry->name, written.name);
            EXPECT_EQ(static_cast<int>(planned.type), static_cast<int>(written.type)) << written.name;
            EXPECT_EQ(planned.offset, written.offset) << written.name;
            EXPECT_EQ(planned.n_bytes, written.n_bytes) << written.name;
        }
    }
}

TEST_F(QuantizerTest, KeepsWhatIsNotAskedToChange) {
    const std::string q8 = read_file(quantize(DIA_TYPE_Q8_0));
    options_.input_path = options_.write.output_path;
    write_to("copy.gguf");
    EXPECT_EQ(read_file(quantize(DIA_TYPE_AUTO)), q8);
    EXPECT_EQ(read_file(quantize(DIA_TYPE_Q8_0)), q8);
    options_.write.types.codec_type = DIA_TYPE_F16;
    const std::string codec = quantize(DIA_TYPE_AUTO);
    EXPECT_EQ(type_of(codec, "dac.dec.conv_in.weight"), GGML_TYPE_F16);
    EXPECT_EQ(type_of(codec, "dac.dec.conv_in.bias"), GGML_TYPE_F32);
    EXPECT_EQ(type_of(codec, "dia.dec.output.weight"), GGML_TYPE_Q8_0);
}

TEST_F(QuantizerTest, RefusesToRoundTwiceUnlessAllowed) {
    quantize(DIA_TYPE_Q8_0);
    options_.input_path = options_.write.output_path;
    write_to("again.gguf");
    names_ = folder_.names();
    options_.write.types.type = DIA_TYPE_Q4_K;
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {"small.gguf", "q8_0", "q4_K", "allow"});
    options_.allow_requantize = true;
    EXPECT_EQ(type_of(quantize(DIA_TYPE_Q4_K), "dia.dec.output.weight"), GGML_TYPE_Q4_K);
}

TEST_F(QuantizerTest, FallsBackAndSaysSo) {
    options_.write.types.type = DIA_TYPE_Q4_K;
    const std::string text = warnings();
    // Rows of 40 values fill no block, rows of 64 only the small ones.
    EXPECT_NE(
        text.find("dia.enc.blk.0.attn_output.weight is written as f16: its rows of 40 are no multiple of 256"),
        std::string::npos)
        << text;
    EXPECT_NE(text.find("dia.enc.blk.0.ffn_down.weight is written as iq4_nl: its rows of 64"), std::string::npos)
        << text;
    EXPECT_EQ(text.find("dia.dec.output.weight"), std::string::npos) << text;
    const GgufFile file(options_.write.output_path);
    EXPECT_EQ(file.find_tensor("dia.enc.blk.0.attn_output.weight")->type, GGML_TYPE_F16);
    EXPECT_EQ(file.find_tensor("dia.enc.blk.0.ffn_down.weight")->type, GGML_TYPE_IQ4_NL);
    EXPECT_EQ(file.integer("general.file_type"), 14);
}

TEST_F(QuantizerTest, AMixGivesSomeTensorsMoreBits) {
    const std::string uniform = read_file(quantize(DIA_TYPE_Q4_K));
    options_.write.types.mix = DIA_MIX_MEDIUM;
    const std::string mixed = read_file(quantize(DIA_TYPE_Q4_K));
    EXPECT_GT(mixed.size(), uniform.size());
    EXPECT_EQ(GgufFile(options_.write.output_path).integer("general.file_type"), 15);
    EXPECT_NE(load_model(options_.write.output_path, {})->description.find(" q4_k_m +"), std::string::npos);
    EXPECT_EQ(type_of(options_.write.output_path, "dia.dec.blk.0.ffn_gate_up.weight"), GGML_TYPE_Q4_K);
    for (const dia_type type : {DIA_TYPE_AUTO, DIA_TYPE_F16}) {
        options_.write.types.type = type;
        expect_error(DIA_STATUS_INVALID_ARGUMENT, {"mix", type == DIA_TYPE_F16 ? "f16" : "auto"},
                     [&] { Quantizer(options_).write(); });
    }
}

TEST_F(QuantizerTest, OverridesNameTensorsOfTheFileOrOfTheCheckpoint) {
    options_.write.types.overrides = {{"dec.*.ffn_*", DIA_TYPE_Q6_K},
                                      {"decoder.*.mlp.down_proj", DIA_TYPE_Q8_0},
                                      {"dia.dec.blk.0.", DIA_TYPE_F16},
                                      {"dec.blk.0.cross_attn_q", DIA_TYPE_Q5_K},
                                      {"dac.dec.conv_in", DIA_TYPE_F16}};
    const std::string path = quantize(DIA_TYPE_Q4_K);
    EXPECT_EQ(type_of(path, "dia.dec.blk.1.ffn_gate_up.weight"), GGML_TYPE_Q6_K);
    EXPECT_EQ(type_of(path, "dia.dec.blk.1.ffn_down.weight"), GGML_TYPE_Q8_0);
    EXPECT_EQ(type_of(path, "dia.dec.blk.0.ffn_down.weight"), GGML_TYPE_F16);
    EXPECT_EQ(type_of(path, "dia.dec.blk.0.attn_norm.weight"), GGML_TYPE_F32);
    EXPECT_EQ(type_of(path, "dia.dec.blk.0.cross_attn_q.weight"), GGML_TYPE_Q5_K);
    EXPECT_EQ(type_of(path, "dia.dec.output.weight"), GGML_TYPE_Q4_K);
    EXPECT_EQ(type_of(path, "dac.dec.conv_in.weight"), GGML_TYPE_F16);
    EXPECT_EQ(type_of(path, "dac.enc.conv_in.weight"), GGML_TYPE_F32);
}

TEST_F(QuantizerTest, RefusesBadOptions) {
    options_.write.types.overrides = {{"no.such.tensor", DIA_TYPE_Q8_0}};
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {"no.such.tensor", "q8_0"});
    options_.write.types.overrides = {{"dac.dec.conv_in", DIA_TYPE_Q8_0}};
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {"dac.dec.conv_in", "no tensor that may be q8_0"});
    options_.write.types.overrides = {{"", DIA_TYPE_Q8_0}};
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {"pattern", "empty"});
    options_.write.types.overrides = {{"output", DIA_TYPE_AUTO}};
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {"\"output\"", "-1"});
    options_.write.types.overrides = {};
    options_.write.types.type = static_cast<dia_type>(3);
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {"type is 3", "q4_K"});
    options_.write.types.type = DIA_TYPE_Q4_K;
    options_.write.types.codec_type = DIA_TYPE_Q8_0;
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {"codec_type is 8", "f32 or f16"});
    options_.write.types.codec_type = DIA_TYPE_AUTO;
    options_.write.n_threads = -1;
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {"n_threads is -1"});
}

TEST_F(QuantizerTest, RefusesBadPaths) {
    const std::string input = options_.input_path;
    const std::string before = read_file(input);
    options_.write.output_path = input;
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {input, "the input"});
    options_.write.output_path = folder_.path("dia") + "/../out.gguf";
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {"the input"});
    EXPECT_EQ(read_file(input), before);
    options_.write.output_path = folder_.path("nowhere/x.gguf");
    expect_refused(DIA_STATUS_IO, {"nowhere"});
    options_.write.output_path = "";
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {"output_path"});
    write_to("small.gguf");
    options_.input_path = folder_.path("nowhere.gguf");
    expect_refused(DIA_STATUS_IO, {"nowhere.gguf"});
    options_.input_path = "";
    expect_refused(DIA_STATUS_INVALID_ARGUMENT, {"input_path"});
}

TEST_F(QuantizerTest, RefusesTruncatedAndForeignFiles) {
    const std::string whole = read_file(options_.input_path);
    options_.input_path = folder_.write("cut.gguf", whole.substr(0, whole.size() / 2));
    names_ = folder_.names();
    expect_refused(DIA_STATUS_INVALID_FILE, {"cut.gguf", "truncated"});
    folder_.write("cut.gguf", whole.substr(0, 100));
    expect_refused(DIA_STATUS_INVALID_FILE, {"cut.gguf"});
    folder_.write("cut.gguf", "RIFF not a model at all, and long enough");
    expect_refused(DIA_STATUS_INVALID_FILE, {"cut.gguf", "GGUF"});
}

TEST_F(QuantizerTest, RefusesValuesThatAreNotFiniteOrTooLarge) {
    const std::string tensor = "dia.dec.blk.1.ffn_down.weight";
    const uint64_t offset = GgufFile(options_.input_path).find_tensor(tensor)->offset;
    const auto with = [&](float value) {
        std::string bytes = read_file(folder_.path("out.gguf"));
        std::memcpy(&bytes[offset + 4 * 77], &value, sizeof(value));
        options_.input_path = folder_.write("bad.gguf", bytes);
        names_ = folder_.names();
    };
    for (const dia_type type : {DIA_TYPE_F16, DIA_TYPE_Q8_0, DIA_TYPE_Q4_K, DIA_TYPE_IQ4_NL}) {
        options_.write.types.type = type;
        with(std::nanf(""));
        expect_refused(DIA_STATUS_INVALID_FILE, {"bad.gguf", tensor, "nan"});
        with(-std::numeric_limits<float>::infinity());
        expect_refused(DIA_STATUS_INVALID_FILE, {tensor, "-inf"});
        with(1e20f);
        expect_refused(DIA_STATUS_UNSUPPORTED, {tensor, "1e+20", type_name(type)});
    }
}

TEST_F(QuantizerTest, CancellingLeavesNothing) {
    options_.write.types.type = DIA_TYPE_Q5_K;
    int n_calls = 0;
    int64_t last = 0;
    int64_t total = 0;
    options_.write.progress = [&](int64_t done, int64_t of) {
        EXPECT_GE(done, last);
        last = done;
        total = of;
        ++n_calls;
        return true;
    };
    Quantizer(options_).write();
    EXPECT_EQ(last, total);
    EXPECT_EQ(static_cast<uint64_t>(total), std::filesystem::file_size(options_.write.output_path));
    const std::string finished = read_file(options_.write.output_path);
    for (const int stop : {0, 1, n_calls / 2, n_calls - 1}) {
        int left = stop;
        options_.write.progress = [&](int64_t, int64_t) { return left-- > 0; };
        names_ = folder_.names();
        expect_refused(DIA_STATUS_CANCELLED, {"small.gguf", "cancelled"});
        EXPECT_EQ(read_file(options_.write.output_path), finished) << "the older file must stay";
    }
}

}  // namespace
}  // namespace dia::testing
