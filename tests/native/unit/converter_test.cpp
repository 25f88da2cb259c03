// Checkpoints become GGUF files and come back with the same values.
#include "convert/converter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "convert/checkpoint.h"
#include "expect_error.h"
#include "ggml.h"
#include "gguf/gguf_file.h"
#include "gguf/gguf_hparams.h"
#include "gguf/tensor_names.h"
#include "golden_set.h"
#include "model/model.h"
#include "temporary_folder.h"

namespace dia::testing {
namespace {

// The values of a stored tensor as F32, in storage order.
std::vector<float> values_of(const GgufTensor & tensor) {
    const size_t n =
        tensor.data.size() / ggml_type_size(tensor.type) * static_cast<size_t>(ggml_blck_size(tensor.type));
    std::vector<float> values(n);
    if (tensor.type == GGML_TYPE_F32) {
        std::memcpy(values.data(), tensor.data.data(), n * sizeof(float));
    } else {
        ggml_get_type_traits(tensor.type)->to_float(tensor.data.data(), values.data(), static_cast<int64_t>(n));
    }
    return values;
}

// The values of a checkpoint's tensor as F32.
std::vector<float> values_of(const SafetensorsTensor & tensor) {
    std::vector<float> values(static_cast<size_t>(tensor.n_elements()));
    for (size_t i = 0; i < values.size(); ++i) {
        uint16_t half = 0;
        if (tensor.type == SafetensorsType::F32) {
            std::memcpy(&values[i], tensor.data.data() + i * 4, 4);
            continue;
        }
        std::memcpy(&half, tensor.data.data() + i * 2, 2);
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
        const std::vector<float> part = values_of(*checkpoint.find(source.name));
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
int64_t count_wrong(const GgufTensor & tensor, const std::vector<float> & expected) {
    const std::vector<float> actual = values_of(tensor);
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
        EXPECT_EQ(count_wrong(*tensor, expected_values(entry.of_codec ? dac : dia, entry)), 0);
    }
}

TEST(Converter, KeepsEveryValueInEveryType) {
    for (const auto & set : golden_sets()) {
        for (const dia_type type : {DIA_TYPE_AUTO, DIA_TYPE_F32, DIA_TYPE_F16, DIA_TYPE_BF16, DIA_TYPE_Q8_0}) {
            expect_values_kept(*set, type);
        }
    }
}

TEST(Converter, LoadedModelsHoldTheSameBytesMappedOrRead) {
    for (const auto & set : golden_sets()) {
        LoadOptions read;
        read.use_mmap = false;
        const auto a = load_model(set->gguf(DIA_TYPE_Q8_0), {});
        const auto b = load_model(set->gguf(DIA_TYPE_Q8_0), read);
        const ggml_tensor * x = a->decoder.layers.back().cross_kv_proj;
        const ggml_tensor * y = b->decoder.layers.back().cross_kv_proj;
        EXPECT_STREQ(x->name, y->name);
        EXPECT_EQ(std::memcmp(x->data, y->data, ggml_nbytes(x)), 0);
        EXPECT_EQ(a->description, b->description);
    }
}

}  // namespace
}  // namespace dia::testing
