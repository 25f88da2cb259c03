#include "gguf/storage_type.h"

#include <algorithm>
#include <cfloat>

#include "ggml.h"
#include "support/error.h"

namespace dia {

namespace {

constexpr float kHalf = 65504.0f;  // the largest F16, which the scales of blocks are stored as

const StorageType * find(int32_t number) {
    const std::vector<StorageType> & types = storage_types();
    const auto found = std::find_if(types.begin(), types.end(),
                                    [number](const StorageType & candidate) { return candidate.type == number; });
    return found != types.end() ? &*found : nullptr;
}

}  // namespace

const std::vector<StorageType> & storage_types() {
    static const std::vector<StorageType> types = {
        {DIA_TYPE_F32, 0, 0, FLT_MAX, DIA_TYPE_F32, DIA_TYPE_F32},
        {DIA_TYPE_F16, 1, 1, kHalf, DIA_TYPE_F16, DIA_TYPE_F16},
        {DIA_TYPE_BF16, 32, 32, 3.38953139e38f, DIA_TYPE_BF16, DIA_TYPE_BF16},
        {DIA_TYPE_Q8_0, 7, 7, 127 * kHalf, DIA_TYPE_F16, DIA_TYPE_F16},
        {DIA_TYPE_Q6_K, 18, 18, 127 * 31 * kHalf, DIA_TYPE_Q8_0, DIA_TYPE_Q8_0},
        // A block's least value is stored by itself, as up to 63 times an F16.
        {DIA_TYPE_Q5_K, 16, 17, 63 * kHalf, DIA_TYPE_Q5_0, DIA_TYPE_Q6_K},
        {DIA_TYPE_Q5_0, 8, 8, 15 * kHalf, DIA_TYPE_F16, DIA_TYPE_Q8_0},
        {DIA_TYPE_Q4_K, 14, 15, 63 * kHalf, DIA_TYPE_IQ4_NL, DIA_TYPE_Q5_K},
        {DIA_TYPE_IQ4_NL, 25, 25, 100 * kHalf, DIA_TYPE_F16, DIA_TYPE_Q5_0},
        {DIA_TYPE_Q4_0, 2, 2, 7 * kHalf, DIA_TYPE_F16, DIA_TYPE_Q5_0},
    };
    return types;
}

bool is_storage_type(int32_t number) {
    return find(number) != nullptr;
}

const StorageType & storage_type(dia_type type) {
    const StorageType * found = find(type);
    if (found == nullptr) {
        fail(DIA_STATUS_INTERNAL, "type %d cannot be written", static_cast<int>(type));
    }
    return *found;
}

const char * type_name(dia_type type) {
    return ggml_type_name(static_cast<ggml_type>(type));
}

int64_t block_size(dia_type type) {
    return ggml_blck_size(static_cast<ggml_type>(type));
}

bool is_quantized(dia_type type) {
    return block_size(type) > 1;
}

uint64_t stored_bytes(dia_type type, const std::vector<int64_t> & shape) {
    uint64_t n_bytes = ggml_row_size(static_cast<ggml_type>(type), shape[0]);
    for (size_t i = 1; i < shape.size(); ++i) {
        n_bytes *= static_cast<uint64_t>(shape[i]);
    }
    return n_bytes;
}

dia_type type_for_rows(dia_type type, int64_t row_size) {
    while (row_size % block_size(type) != 0) {
        type = storage_type(type).fallback;
    }
    return type;
}

}  // namespace dia
