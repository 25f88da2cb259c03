// Importance matrices: measured while a model speaks, kept in a file, used by the quantizer.
#include "quantize/importance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "expect_error.h"
#include "generation/generation_params.h"
#include "ggml.h"
#include "gguf/gguf_file.h"
#include "model/model.h"
#include "quantize/importance_meter.h"
#include "quantize/quantizer.h"
#include "small_checkpoint.h"

namespace dia::testing {
namespace {

constexpr const char * kMatrix = "dia.dec.blk.1.ffn_down.weight";

class ImportanceTest : public ::testing::Test {
protected:
    ImportanceTest() {
        SmallCheckpoint().write(folder_);
        model_path_ = convert_small(folder_);
        options_.scripts = {"[S1] One.", "[S2] Two, three? [S1] Four!"};
        options_.generation = default_generation_params();
        options_.generation.max_new_tokens = 14;
        options_.generation.n_threads = 1;
        options_.output_path = folder_.path("importance.gguf");
    }

    std::shared_ptr<const Model> model() const { return load_model(model_path_, {}); }

    Importance measure() const {
        measure_importance(model(), options_);
        return Importance(options_.output_path);
    }

    // A matrix as the quantizer stores it, as F32.
    std::vector<float> quantized(dia_type type, const std::string & importance_path) const {
        QuantizeOptions options;
        options.input_path = model_path_;
        options.write.types.type = type;
        options.write.importance_path = importance_path;
        options.write.output_path = folder_.path("small.gguf");
        Quantizer(options).write();
        return values(options.write.output_path, kMatrix);
    }

    static std::vector<float> values(const std::string & path, const std::string & name) {
        const GgufFile file(path);
        const GgufTensor & tensor = *file.find_tensor(name);
        const std::vector<uint8_t> bytes = file.read_all(tensor);
        std::vector<float> values(static_cast<size_t>(tensor.shape[0] * tensor.shape[1]));
        if (tensor.type == GGML_TYPE_F32) {
            std::memcpy(values.data(), bytes.data(), bytes.size());
        } else {
            ggml_get_type_traits(tensor.type)
                ->to_float(bytes.data(), values.data(), static_cast<int64_t>(values.size()));
        }
        return values;
    }

    TemporaryFolder folder_;
    std::string model_path_;
    ImportanceOptions options_;
};

TEST_F(ImportanceTest, TellsOfEveryMatrixAndOfNothingElse) {
    const Importance importance = measure();
    const GgufFile file(options_.output_path);
    EXPECT_EQ(file.text("general.type"), "imatrix");
    EXPECT_EQ(file.integer("imatrix.chunk_count"), 2);
    size_t n_matrices = 0;
    for (const TensorEntry & entry : entries_of(model()->hparams)) {
        const span<const float> columns = importance.columns(entry.name);
        EXPECT_EQ(columns.size(), entry.role == TensorRole::matrix ? static_cast<size_t>(entry.shape[0]) : 0u)
            << entry.name;
        n_matrices += columns.empty() ? 0 : 1;
        EXPECT_TRUE(std::all_of(columns.begin(), columns.end(), [](float x) {
            return x > 0.0f && std::isfinite(x);
        })) << entry.name;
    }
    EXPECT_EQ(file.tensors().size(), 2 * n_matrices);
}

TEST_F(ImportanceTest, SumsTheSquaresOfWhatAMatrixIsMultipliedWith) {
    measure();
    const GgufFile file(options_.output_path);
    const auto floats = [&](const std::string & name) {
        const std::vector<uint8_t> bytes = file.read_all(*file.find_tensor(name));
        const auto * data = reinterpret_cast<const float *>(bytes.data());
        return std::vector<float>(data, data + bytes.size() / sizeof(float));
    };
    // The input of the first projection is normed: without the norm's weights its mean square is 1.
    const auto loaded = model();
    const auto * norm = static_cast<const float *>(loaded->encoder.layers[0].pre_sa_norm->data);
    const std::vector<float> sums = floats("dia.enc.blk.0.attn_qkv.weight.in_sum2");
    const float count = floats("dia.enc.blk.0.attn_qkv.weight.counts")[0];
    double mean = 0.0;
    for (size_t i = 0; i < sums.size(); ++i) {
        mean += static_cast<double>(sums[i] / (norm[i] * norm[i])) / static_cast<double>(sums.size());
    }
    EXPECT_GE(count, static_cast<float>(options_.scripts[0].size() + options_.scripts[1].size()) - 8.0f);
    EXPECT_NEAR(mean / static_cast<double>(count), 1.0, 0.05);  // a single column is filled up with zeros
}

TEST_F(ImportanceTest, IsTheSameEachTime) {
    measure();
    const std::string first = read_file(options_.output_path);
    measure();
    EXPECT_EQ(read_file(options_.output_path), first);
}

TEST_F(ImportanceTest, MakesErrorsSmallerWhereTheyMatter) {
    const Importance importance = measure();
    const std::vector<float> exact = values(model_path_, kMatrix);
    const span<const float> columns = importance.columns(kMatrix);
    const auto weighted_error = [&](const std::vector<float> & rounded) {
        double error = 0.0;
        for (size_t i = 0; i < exact.size(); ++i) {
            const double difference = static_cast<double>(exact[i]) - static_cast<double>(rounded[i]);
            error += static_cast<double>(columns[i % columns.size()]) * difference * difference;
        }
        return error;
    };
    for (const dia_type type : {DIA_TYPE_Q5_0, DIA_TYPE_IQ4_NL, DIA_TYPE_Q4_0}) {
        const double with = weighted_error(quantized(type, options_.output_path));
        const double without = weighted_error(quantized(type, ""));
        EXPECT_LT(with, without) << "type " << type;
        EXPECT_GT(with, 0.5 * without) << "type " << type;
    }
}

TEST_F(ImportanceTest, RefusesFilesOfOtherKindsAndOtherModels) {
    measure();
    const std::string good = options_.output_path;
    expect_error(DIA_STATUS_IO, {"nowhere"}, [&] { quantized(DIA_TYPE_Q4_0, folder_.path("nowhere.gguf")); });
    expect_error(DIA_STATUS_INVALID_FILE, {"out.gguf", "not an importance matrix"},
                 [&] { quantized(DIA_TYPE_Q4_0, model_path_); });

    std::map<std::string, ColumnSums> sums;
    sums[kMatrix] = {std::vector<double>(95, 1.0), 1};
    const std::string other = folder_.path("other.gguf");
    write_importance(other, sums, 1);
    expect_error(DIA_STATUS_INVALID_FILE, {"other.gguf", kMatrix, "95", "96"},
                 [&] { quantized(DIA_TYPE_Q4_0, other); });
    sums[kMatrix] = {std::vector<double>(96, std::nan("")), 1};
    write_importance(other, sums, 1);
    expect_error(DIA_STATUS_INVALID_FILE, {"other.gguf", "nan"}, [&] { quantized(DIA_TYPE_Q4_0, other); });
    sums[kMatrix] = {std::vector<double>(96, -1.0), 1};
    write_importance(other, sums, 1);
    expect_error(DIA_STATUS_INVALID_FILE, {"other.gguf", "-1"}, [&] { quantized(DIA_TYPE_Q4_0, other); });
    write_importance(other, {}, 1);
    expect_error(DIA_STATUS_INVALID_FILE, {"other.gguf", "empty"}, [&] { quantized(DIA_TYPE_Q4_0, other); });
    const std::string bytes = read_file(good);
    folder_.write("other.gguf", bytes.substr(0, bytes.size() / 2));
    expect_error(DIA_STATUS_INVALID_FILE, {"other.gguf"}, [&] { quantized(DIA_TYPE_Q4_0, other); });
}

TEST_F(ImportanceTest, ColumnsThatAreNeverUsedDoNotHarm) {
    std::map<std::string, ColumnSums> sums;
    sums[kMatrix] = {std::vector<double>(96, 0.0), 5};
    const std::string path = folder_.path("zeros.gguf");
    write_importance(path, sums, 1);
    EXPECT_EQ(quantized(DIA_TYPE_Q4_0, path), quantized(DIA_TYPE_Q4_0, ""));
    sums[kMatrix].squares[7] = 1.0;
    write_importance(path, sums, 1);
    for (const float value : quantized(DIA_TYPE_Q4_0, path)) {
        ASSERT_TRUE(std::isfinite(value));
        ASSERT_LE(std::fabs(value), 1.0f);
    }
}

TEST_F(ImportanceTest, CancellingAndBadTextsLeaveNothing) {
    const std::vector<std::string> names = folder_.names();
    int64_t before = 0;
    int left = 1000;
    options_.progress = [&](int64_t done, int64_t total) {
        EXPECT_GE(done, before);
        EXPECT_LE(done, total);
        before = done;
        return --left > 0;
    };
    measure();
    const int n_calls = 1000 - left;
    std::filesystem::remove(options_.output_path);
    for (const int stop : {1, n_calls / 2, n_calls}) {
        left = stop;
        before = 0;
        expect_error(DIA_STATUS_CANCELLED, {"importance.gguf", "of 2"}, [&] { measure(); });
        EXPECT_EQ(folder_.names(), names);
    }
    options_.progress = nullptr;
    options_.scripts = {"[S1] Good.", ""};
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"empty"}, [&] { measure(); });
    options_.scripts = {};
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"no scripts"}, [&] { measure(); });
    EXPECT_EQ(folder_.names(), names);
}

}  // namespace
}  // namespace dia::testing
