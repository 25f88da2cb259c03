// Checkpoints become GGUF files and come back with the same values.
#include "convert/converter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "comparison.h"
#include "convert/checkpoint.h"
#include "ggml.h"
#include "gguf/gguf_file.h"
#include "gguf/gguf_hparams.h"
#include "gguf/tensor_names.h"
#include "golden_set.h"
#include "model/model.h"
#include "small_checkpoint.h"

#if defined(__linux__)
#include <malloc.h>
#endif

namespace dia::testing {
namespace {

// The values of a stored tensor as F32, in storage order.
std::vector<float> values_of(const GgufFile & file, const GgufTensor & tensor) {
    const std::vector<uint8_t> bytes = file.read_all(tensor);
    const size_t n = bytes.size() / ggml_type_size(tensor.type) * static_cast<size_t>(ggml_blck_size(tensor.type));
    std::vector<float> values(n);
    if (tensor.type == GGML_TYPE_F32) {
        std::memcpy(values.data(), bytes.data(), n * sizeof(float));
    } else {
        ggml_get_type_traits(tensor.type)->to_float(bytes.data(), values.data(), static_cast<int64_t>(n));
    }
    return values;
}

// The values of a checkpoint's tensor as F32.
std::vector<float> values_of(const Checkpoint & checkpoint, const SafetensorsTensor & tensor) {
    std::vector<float> values(static_cast<size_t>(tensor.n_elements()));
    std::vector<uint8_t> bytes(static_cast<size_t>(tensor.n_bytes));
    checkpoint.read(tensor, 0, bytes);
    for (size_t i = 0; i < values.size(); ++i) {
        uint16_t half = 0;
        if (tensor.type == SafetensorsType::F32) {
            std::memcpy(&values[i], bytes.data() + i * 4, 4);
            continue;
        }
        std::memcpy(&half, bytes.data() + i * 2, 2);
        if (tensor.type == SafetensorsType::F16) {
            values[i] = ggml_fp16_to_fp32(half);
        } else {
            const uint32_t bits = static_cast<uint32_t>(half) << 16;
            std::memcpy(&values[i], &bits, 4);
        }
    }
    return values;
}

// What a table entry must hold: its sources one after the other, a transposed convolution as [out, kernel, in].
std::vector<float> expected_values(const Checkpoint & checkpoint, const TensorEntry & entry) {
    std::vector<float> joined;
    for (const TensorSource & source : entry.sources) {
        const std::vector<float> part = values_of(checkpoint, *checkpoint.find(source.name));
        joined.insert(joined.end(), part.begin(), part.end());
    }
    if (entry.role != TensorRole::conv_transposed) {
        return joined;
    }
    const auto n_in = static_cast<size_t>(entry.shape[0]);
    const auto n_kernel = static_cast<size_t>(entry.shape[1]);
    const auto n_out = static_cast<size_t>(entry.shape[2]);
    std::vector<float> transposed;
    for (size_t out = 0; out < n_out; ++out) {
        for (size_t tap = 0; tap < n_kernel; ++tap) {
            for (size_t in = 0; in < n_in; ++in) {
                transposed.push_back(joined[(in * n_out + out) * n_kernel + tap]);
            }
        }
    }
    return transposed;
}

// The largest error that storing `value`, in a block whose largest magnitude is `block`, may make.
float tolerance(ggml_type type, float value, float block) {
    switch (type) {
        case GGML_TYPE_F32:
            return 0.0f;
        case GGML_TYPE_F16:
            return std::max(std::fabs(value) * std::ldexp(1.0f, -11), std::ldexp(1.0f, -25));
        case GGML_TYPE_BF16:
            return std::fabs(value) * std::ldexp(1.0f, -8);
        default:
            return block / 127.0f * 0.502f + block * std::ldexp(1.0f, -10);
    }
}

// How many values differ by more than their type explains.
int64_t count_wrong(const GgufFile & file, const GgufTensor & tensor, const std::vector<float> & expected) {
    const std::vector<float> actual = values_of(file, tensor);
    EXPECT_EQ(actual.size(), expected.size());
    const auto block_size = static_cast<size_t>(ggml_blck_size(tensor.type));
    int64_t wrong = 0;
    for (size_t start = 0; start < expected.size(); start += block_size) {
        float block = 0.0f;
        for (size_t i = start; i < start + block_size; ++i) {
            block = std::max(block, std::fabs(expected[i]));
        }
        for (size_t i = start; i < start + block_size; ++i) {
            wrong += std::fabs(actual[i] - expected[i]) <= tolerance(tensor.type, expected[i], block) ? 0 : 1;
        }
    }
    return wrong;
}

// Every tensor of a golden checkpoint, converted to `type`, has the values of its sources.
void expect_values_kept(const GoldenSet & set, dia_type type) {
    SCOPED_TRACE(set.name() + " as " + std::to_string(static_cast<int>(type)));
    const GgufFile file(set.gguf(type));
    const Checkpoint dia(set.model_dir());
    const Checkpoint dac(set.codec_dir());
    Model names;
    names.hparams = read_hparams(file);
    const std::vector<TensorEntry> entries = tensor_table(names, true);
    EXPECT_EQ(file.tensors().size(), entries.size());
    for (const TensorEntry & entry : entries) {
        SCOPED_TRACE(entry.name);
        const GgufTensor * tensor = file.find_tensor(entry.name);
        ASSERT_NE(tensor, nullptr);
        if (type != DIA_TYPE_AUTO && entry.role == TensorRole::matrix && entry.shape[0] % 32 == 0) {
            EXPECT_EQ(static_cast<int>(tensor->type), static_cast<int>(type));
        }
        EXPECT_EQ(count_wrong(file, *tensor, expected_values(entry.of_codec() ? dac : dia, entry)), 0);
    }
}

TEST(Converter, KeepsEveryValueInEveryType) {
    for (const auto & set : golden_sets()) {
        for (const dia_type type : {DIA_TYPE_AUTO, DIA_TYPE_F32, DIA_TYPE_F16, DIA_TYPE_BF16, DIA_TYPE_Q8_0}) {
            expect_values_kept(*set, type);
        }
    }
}

// Splits W into the lengths and directions of weight normalisation, the directions twice as long.
void normalise(RawTensors & tensors, const std::string & stem, const std::string & length_name,
               const std::string & direction_name) {
    const RawTensor weight = tensors.at(stem + "weight");
    tensors.erase(stem + "weight");
    const auto n = static_cast<size_t>(weight.shape[0]);
    std::vector<float> directions(weight.bytes.size() / sizeof(float));
    std::memcpy(directions.data(), weight.bytes.data(), weight.bytes.size());
    std::vector<float> lengths(n);
    const size_t n_inner = directions.size() / n;
    for (size_t i = 0; i < directions.size(); ++i) {
        lengths[i / n_inner] += directions[i] * directions[i];
        directions[i] *= 2.0f;
    }
    for (float & length : lengths) {
        length = std::sqrt(length);
    }
    std::vector<int64_t> length_shape(weight.shape.size(), 1);
    length_shape[0] = weight.shape[0];
    tensors[stem + length_name] = raw_floats(length_shape, lengths);
    tensors[stem + direction_name] = raw_floats(weight.shape, directions);
}

TEST(Converter, FoldsWeightNormalisation) {
    SmallCheckpoint checkpoint;
    const TemporaryFolder plain_folder;
    checkpoint.write(plain_folder);
    normalise(checkpoint.codec_tensors, "encoder.conv1.", "weight_g", "weight_v");
    normalise(checkpoint.codec_tensors, "decoder.block.1.conv_t1.", "weight_g", "weight_v");
    normalise(checkpoint.codec_tensors, "decoder.block.0.res_unit2.conv1.", "parametrizations.weight.original0",
              "parametrizations.weight.original1");
    const TemporaryFolder normalised_folder;
    checkpoint.write(normalised_folder);

    const GgufFile plain(convert_small(plain_folder));
    const GgufFile folded(convert_small(normalised_folder));
    for (const GgufTensor & tensor : plain.tensors()) {
        const std::vector<float> expected = values_of(plain, tensor);
        const std::vector<float> actual = values_of(folded, *folded.find_tensor(tensor.name));
        ASSERT_EQ(actual.size(), expected.size());
        EXPECT_LE(difference(actual, expected).max_abs, 1e-6) << tensor.name;
    }
}

#if defined(__linux__)

// The largest resident size of this process so far, in bytes.
int64_t peak_resident_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("VmHWM:", 0) == 0) {
            return std::stoll(line.substr(6)) * 1024;
        }
    }
    return -1;
}

bool reset_peak_resident_bytes() {
    std::ofstream file("/proc/self/clear_refs");
    file << "5" << std::flush;
    return file.good();
}

TEST(Converter, MemoryStaysFarBelowTheSizeOfTheCheckpoint) {
    const TemporaryFolder folder;
    int64_t checkpoint_bytes = 0;
    int64_t largest_bytes = 0;
    {
        Hparams hparams = small_hparams();
        hparams.dia.decoder.num_hidden_layers = 6;
        hparams.dia.decoder.hidden_size = 256;
        hparams.dia.decoder.intermediate_size = 3072;
        const SmallCheckpoint checkpoint(hparams);
        checkpoint.write(folder);
        for (const auto & [name, tensor] : checkpoint.tensors) {
            checkpoint_bytes += static_cast<int64_t>(tensor.bytes.size());
            largest_bytes = std::max(largest_bytes, static_cast<int64_t>(tensor.bytes.size()));
        }
    }
    ASSERT_GT(checkpoint_bytes, 50'000'000);
    malloc_trim(0);
    if (!reset_peak_resident_bytes()) {
        GTEST_SKIP() << "this system cannot reset the peak of resident memory";
    }
    const int64_t before = peak_resident_bytes();
    convert_small(folder);
    const int64_t growth = peak_resident_bytes() - before;
    EXPECT_LT(growth, 3 * largest_bytes + 8'000'000) << "of a checkpoint of " << checkpoint_bytes << " bytes";
}

#endif

}  // namespace
}  // namespace dia::testing
