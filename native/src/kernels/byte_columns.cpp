#include "kernels/byte_columns.h"

#include <ggml.h>

#include "kernels/byte_lanes.h"
#include "kernels/weight_blocks.h"

namespace dia {

size_t byte_column_size(int64_t width) {
    // Super-blocks need less for each 32 values: an eighth of a scale and four bytes of sums.
    const size_t n_blocks = static_cast<size_t>(width / kBlockSize);
    const size_t size = n_blocks * (kBlockSize + sizeof(float) + sizeof(int32_t));
    return (size + 63) / 64 * 64;
}

#if defined(DIA_HAS_BYTE_LANES)

namespace {

constexpr float kLargestByte = 127.0f;

}  // namespace

ByteColumn round_plain(const float * x, int64_t width, void * memory) noexcept {
    const int64_t n_blocks = width / kBlockSize;
    auto * values = static_cast<int8_t *>(memory);
    auto * scales = reinterpret_cast<float *>(values + width);
    auto * starts = reinterpret_cast<int32_t *>(scales + n_blocks);
    for (int64_t b = 0; b < n_blocks; ++b) {
        const float largest = largest_magnitude(x + b * kBlockSize, kBlockSize);
        // As ggml rounds them, whose products the prefix went through.
        scales[b] = ggml_fp16_to_fp32(ggml_fp32_to_fp16(largest / kLargestByte));
        round_to_bytes(x + b * kBlockSize, largest == 0.0f ? 0.0f : kLargestByte / largest,
                       values + b * kBlockSize);
        const HalfSums sums = half_sums(values + b * kBlockSize);
        starts[b] = kSumFactor * (sums.low + sums.high);
    }
    return {values, scales, starts, nullptr};
}

ByteColumn round_super_blocks(const float * x, int64_t width, void * memory) noexcept {
    constexpr int kVectors = kSuperBlockSize / kBlockSize;
    const int64_t n_blocks = width / kSuperBlockSize;
    auto * values = static_cast<int8_t *>(memory);
    auto * scales = reinterpret_cast<float *>(values + width);
    auto * run_sums = reinterpret_cast<int16_t *>(scales + n_blocks);
    for (int64_t b = 0; b < n_blocks; ++b) {
        const float * block = x + b * kSuperBlockSize;
        int8_t * bytes = values + b * kSuperBlockSize;
        const float largest = largest_magnitude(block, kSuperBlockSize);
        scales[b] = largest / kLargestByte;
        const float factor = largest == 0.0f ? 0.0f : kLargestByte / largest;
        for (int i = 0; i < kVectors; ++i) {
            round_to_bytes(block + i * kBlockSize, factor, bytes + i * kBlockSize);
            const HalfSums sums = half_sums(bytes + i * kBlockSize);
            run_sums[2 * kVectors * b + i] = static_cast<int16_t>(sums.low);
            run_sums[2 * kVectors * b + kVectors + i] = static_cast<int16_t>(sums.high);
        }
    }
    return {values, scales, nullptr, run_sums};
}

#endif

}  // namespace dia
