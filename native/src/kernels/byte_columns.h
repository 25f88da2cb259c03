// Columns of F32 activations as bytes with scales, the way the products of quantized weights take them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dia {

// One column. Blocks are of 32 values for plain types and of 256 for K types.
struct ByteColumn {
    const int8_t * values;     // [width]
    const float * scales;      // [blocks]
    const int32_t * starts;    // [blocks]  kSumFactor * (sum of the block); plain types
    const int16_t * run_sums;  // [blocks][16]  sums of 16 values: the even runs, then the odd ones; K types
};

// Bytes that a column of `width` values takes.
size_t byte_column_size(int64_t width);

// Rounds x [width] into `memory`, which has byte_column_size(width) bytes and is aligned to 64. Values that are not
// finite make scales that are not.
ByteColumn round_plain(const float * x, int64_t width, void * memory) noexcept;
ByteColumn round_super_blocks(const float * x, int64_t width, void * memory) noexcept;

}  // namespace dia
