// Whatever goes wrong while a checkpoint is converted: a status, a message that names file and tensor, and nothing
// left behind.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "convert/converter.h"
#include "expect_error.h"
#include "gguf/gguf_file.h"
#include "small_checkpoint.h"
#include "support/log.h"

#if !defined(_WIN32)
#include <sys/resource.h>
#include <csignal>
#endif

namespace dia::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char * kMatrix = "model.decoder.layers.1.mlp.down_proj.weight";
constexpr const char * kNorm = "model.encoder.norm.weight";

class ConverterFailures : public ::testing::Test {
protected:
    ConverterFailures() {
        options_.model_dir = folder_.path("dia");
        options_.codec_dir = folder_.path("dac");
        options_.write.output_path = folder_.path("out.gguf");
    }

    void TearDown() override { set_log_callback(DIA_LOG_LEVEL_NONE, nullptr, nullptr); }

    // Converting the checkpoint fails so, and leaves nothing but the two folders.
    void expect_failure(dia_status status, std::initializer_list<std::string> texts) {
        checkpoint_.write(folder_);
        expect_error(status, texts, [&] { convert_checkpoint(options_); });
        EXPECT_EQ(folder_.names(), (std::vector<std::string>{"dac", "dia"}));
    }

    // The same with one value of a tensor replaced.
    void expect_value_refused(dia_status status, const char * tensor, float value,
                              std::initializer_list<std::string> texts) {
        std::string & bytes = checkpoint_.tensors.at(tensor).bytes;
        const std::string good = bytes;
        std::memcpy(&bytes[bytes.size() - sizeof(value)], &value, sizeof(value));
        expect_failure(status, texts);
        bytes = good;
    }

    std::string warnings_of_conversion() {
        std::string warnings;
        const auto collect = [](dia_log_level, const char * message, void * user_data) {
            *static_cast<std::string *>(user_data) += std::string(message) + "\n";
        };
        set_log_callback(DIA_LOG_LEVEL_WARNING, collect, &warnings);
        convert_checkpoint(options_);
        set_log_callback(DIA_LOG_LEVEL_NONE, nullptr, nullptr);
        return warnings;
    }

    SmallCheckpoint checkpoint_;
    TemporaryFolder folder_;
    ConvertOptions options_;
};

TEST_F(ConverterFailures, OptionsOfGenerationThatAreLostAreNamed) {
    checkpoint_.write(folder_);
    folder_.write("dia/generation_config.json", R"({"repetition_penalty": 1.2, "min_p": null, "top_k": 30})");
    const std::string warnings = warnings_of_conversion();
    EXPECT_NE(warnings.find("generation_config.json: repetition_penalty is not kept"), std::string::npos)
        << warnings;
    EXPECT_EQ(warnings.find("min_p"), std::string::npos) << warnings;
}

TEST_F(ConverterFailures, MissingTensor) {
    checkpoint_.tensors.erase(kMatrix);
    expect_failure(DIA_STATUS_INVALID_FILE, {folder_.path("dia"), kMatrix, "missing", "[64, 96]"});
}

TEST_F(ConverterFailures, WrongShape) {
    checkpoint_.tensors[kMatrix].shape = {96, 64};
    expect_failure(DIA_STATUS_INVALID_FILE, {"dia/model.safetensors", kMatrix, "[64, 96]", "[96, 64]"});
    checkpoint_ = SmallCheckpoint();
    checkpoint_.codec_tensors["decoder.block.0.conv_t1.weight"].shape = {10, 20, 8};
    expect_failure(DIA_STATUS_INVALID_FILE, {"dac/model.safetensors", "conv_t1", "[20, 10, 8]", "[10, 20, 8]"});
}

TEST_F(ConverterFailures, WrongType) {
    checkpoint_.tensors[kMatrix].type = "I32";
    expect_failure(DIA_STATUS_INVALID_FILE, {kMatrix, "F32, F16 or BF16", "I32"});
}

TEST_F(ConverterFailures, ValuesThatAreNotFinite) {
    expect_value_refused(DIA_STATUS_INVALID_FILE, kMatrix, std::nanf(""),
                         {"dia/model.safetensors", kMatrix, "nan"});
    expect_value_refused(DIA_STATUS_INVALID_FILE, kMatrix, std::numeric_limits<float>::infinity(),
                         {kMatrix, "inf"});
    expect_value_refused(DIA_STATUS_INVALID_FILE, kNorm, -std::numeric_limits<float>::infinity(), {kNorm, "-inf"});
}

TEST_F(ConverterFailures, ValuesThatTheTypeCannotHold) {
    options_.write.types.type = DIA_TYPE_F16;
    expect_value_refused(DIA_STATUS_UNSUPPORTED, kMatrix, 70000.0f, {kMatrix, "70000", "f16", "65504"});
    options_.write.types.type = DIA_TYPE_Q8_0;
    expect_value_refused(DIA_STATUS_UNSUPPORTED, kMatrix, 1e7f, {kMatrix, "1e+07", "q8_0"});
    options_.write.types.type = DIA_TYPE_F32;
    checkpoint_.tensors.at(kMatrix).bytes.replace(0, 4, std::string("\x00\x00\x80\x7e", 4));  // 2^126
    checkpoint_.write(folder_);
    EXPECT_NO_THROW(convert_checkpoint(options_));
}

TEST_F(ConverterFailures, TruncatedCheckpoint) {
    checkpoint_.write(folder_);
    const std::string whole = read_file(folder_.path("dac/model.safetensors"));
    folder_.write("dac/model.safetensors", whole.substr(0, whole.size() - 1));
    expect_error(DIA_STATUS_INVALID_FILE, {"dac/model.safetensors", "truncated"},
                 [&] { convert_checkpoint(options_); });
    EXPECT_EQ(folder_.names(), (std::vector<std::string>{"dac", "dia"}));
}

TEST_F(ConverterFailures, MissingFolders) {
    checkpoint_.write(folder_);
    options_.model_dir = folder_.path("nowhere");
    expect_failure(DIA_STATUS_IO, {"nowhere/config.json"});
    options_.model_dir = folder_.path("dia");
    fs::remove(fs::u8path(folder_.path("dia/model.safetensors")));
    expect_error(DIA_STATUS_IO, {folder_.path("dia"), "model.safetensors", "model.safetensors.index.json"},
                 [&] { convert_checkpoint(options_); });
}

TEST_F(ConverterFailures, BadOptions) {
    options_.write.types.type = static_cast<dia_type>(3);
    expect_failure(DIA_STATUS_INVALID_ARGUMENT, {"type is 3", "q8_0"});
    options_.write.types.type = DIA_TYPE_AUTO;
    options_.write.types.codec_type = DIA_TYPE_Q8_0;
    expect_failure(DIA_STATUS_INVALID_ARGUMENT, {"codec_type is 8", "f32 or f16"});
    options_.write.types.codec_type = DIA_TYPE_AUTO;
    options_.write.output_path = "";
    expect_failure(DIA_STATUS_INVALID_ARGUMENT, {"output_path"});
}

TEST_F(ConverterFailures, OutputThatCannotBeWritten) {
    checkpoint_.write(folder_);
    const std::string bad_paths[] = {folder_.path("nowhere/out.gguf"), folder_.path("dia"),
                                     folder_.path("dia/config.json/out.gguf")};
    for (const std::string & path : bad_paths) {
        options_.write.output_path = path;
        expect_error(DIA_STATUS_IO, {path}, [&] { convert_checkpoint(options_); });
    }
    EXPECT_EQ(folder_.names(), (std::vector<std::string>{"dac", "dia"}));
}

TEST_F(ConverterFailures, OutputThatIsPartOfTheCheckpoint) {
    checkpoint_.write(folder_);
    for (const char * name : {"dia/model.safetensors", "dac/model.safetensors"}) {
        options_.write.output_path = folder_.path(name);
        expect_error(DIA_STATUS_INVALID_ARGUMENT, {folder_.path(name)}, [&] { convert_checkpoint(options_); });
    }
}

TEST_F(ConverterFailures, ProgressIsInBytesAndCanCancelAnywhere) {
    checkpoint_.write(folder_);
    folder_.write("out.gguf", "what was there before");
    for (int allowed = 0;; ++allowed) {
        int calls = 0;
        int64_t last_done = -1;
        int64_t last_total = -1;
        options_.write.progress = [&](int64_t done, int64_t total) {
            EXPECT_GT(done, last_done);
            EXPECT_LE(done, total);
            last_done = done;
            last_total = total;
            return ++calls <= allowed;
        };
        try {
            convert_checkpoint(options_);
            EXPECT_EQ(last_total, static_cast<int64_t>(fs::file_size(fs::u8path(options_.write.output_path))));
            EXPECT_GT(allowed, 100);
            return;
        } catch (const Error & error) {
            ASSERT_EQ(error.status(), DIA_STATUS_CANCELLED) << error.what();
        }
        ASSERT_EQ(read_file(folder_.path("out.gguf")), "what was there before");
        ASSERT_EQ(folder_.names(), (std::vector<std::string>{"dac", "dia", "out.gguf"}));
    }
}

TEST_F(ConverterFailures, TensorsThatDoNotBelongAreReported) {
    checkpoint_.tensors["model.encoder.rotary_emb.inv_freq"] = raw_floats({2}, {1.0f, 0.1f});
    checkpoint_.write(folder_);
    const std::string warnings = warnings_of_conversion();
    EXPECT_NE(warnings.find("model.encoder.rotary_emb.inv_freq"), std::string::npos) << warnings;
}

TEST_F(ConverterFailures, RowsThatBlocksDoNotDivideBecomeF16) {
    Hparams hparams = small_hparams();
    hparams.dia.decoder.intermediate_size = 33;
    checkpoint_ = SmallCheckpoint(hparams);
    checkpoint_.write(folder_);
    options_.write.types.type = DIA_TYPE_Q8_0;
    const std::string warnings = warnings_of_conversion();
    EXPECT_NE(warnings.find("dia.dec.blk.0.ffn_down.weight"), std::string::npos) << warnings;
    const GgufFile file(options_.write.output_path);
    EXPECT_EQ(file.find_tensor("dia.dec.blk.0.ffn_down.weight")->type, GGML_TYPE_F16);
    EXPECT_EQ(file.find_tensor("dia.dec.blk.0.ffn_gate_up.weight")->type, GGML_TYPE_Q8_0);
}

TEST_F(ConverterFailures, BadIndexOfShards) {
    checkpoint_.write(folder_);
    fs::rename(fs::u8path(folder_.path("dia/model.safetensors")), fs::u8path(folder_.path("dia/a.safetensors")));
    const std::string index = "dia/model.safetensors.index.json";
    const auto expect_index_refused = [&](dia_status status, const nlohmann::json & content,
                                          std::initializer_list<std::string> texts) {
        folder_.write(index, content.dump());
        expect_error(status, texts, [&] { convert_checkpoint(options_); });
    };
    expect_index_refused(DIA_STATUS_INVALID_FILE, nlohmann::json::object(), {index, "weight_map"});
    expect_index_refused(DIA_STATUS_INVALID_FILE, {{"weight_map", {{"w", 3}}}}, {index, "w", "string"});
    expect_index_refused(DIA_STATUS_INVALID_FILE, {{"weight_map", {{"w", "../secret"}}}}, {index, "../secret"});
    expect_index_refused(DIA_STATUS_INVALID_FILE, {{"weight_map", {{"w", "/etc/passwd"}}}}, {index, "/etc/passwd"});
    expect_index_refused(DIA_STATUS_INVALID_FILE, {{"weight_map", {{"w", ".."}}}}, {index, "\"..\""});
    expect_index_refused(DIA_STATUS_IO, {{"weight_map", {{"w", "b.safetensors"}}}}, {"dia/b.safetensors"});
    expect_index_refused(DIA_STATUS_INVALID_FILE, {{"weight_map", {{"w", "a.safetensors"}}}},
                         {"dia/a.safetensors", "tensor w is missing", index});
    expect_index_refused(DIA_STATUS_INVALID_FILE, {{"weight_map", {{kNorm, "a.safetensors"}}}}, {"is missing"});
}

#if !defined(_WIN32)

// The system refuses to let files of this process grow, as it does when a disk is full.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t n_bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limited = before_;
        limited.rlim_cur = n_bytes;
        setrlimit(RLIMIT_FSIZE, &limited);
    }
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FileSizeLimit(const FileSizeLimit &) = delete;
    FileSizeLimit & operator=(const FileSizeLimit &) = delete;

private:
    rlimit before_;
    void (*handler_)(int);
};

TEST_F(ConverterFailures, DiskThatIsFullAtAnyByte) {
    checkpoint_.write(folder_);
    convert_checkpoint(options_);
    const auto n_bytes = static_cast<rlim_t>(fs::file_size(fs::u8path(options_.write.output_path)));
    fs::remove(fs::u8path(options_.write.output_path));
    for (const rlim_t room : {rlim_t{0}, rlim_t{1}, rlim_t{5000}, n_bytes / 2, n_bytes - 1}) {
        SCOPED_TRACE(room);
        const FileSizeLimit limit(room);
        expect_error(DIA_STATUS_IO, {options_.write.output_path, "cannot write"},
                     [&] { convert_checkpoint(options_); });
        EXPECT_EQ(folder_.names(), (std::vector<std::string>{"dac", "dia"}));
    }
}

TEST_F(ConverterFailures, DevicesAreNotReplaced) {
    checkpoint_.write(folder_);
    options_.write.output_path = "/dev/null";
    expect_error(DIA_STATUS_IO, {"/dev/null", "not a regular file"}, [&] { convert_checkpoint(options_); });
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

#endif

}  // namespace
}  // namespace dia::testing
