#include "kernels/row_products.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "kernels/byte_columns.h"
#include "kernels/byte_lanes.h"
#include "kernels/float_lanes.h"
#include "kernels/weight_blocks.h"

namespace dia {

#if defined(DIA_HAS_BYTE_LANES)

namespace {

// Rows and columns that are multiplied at once. Each row of a tile is a stream of its own through memory, and
// several keep more of it on its way.
constexpr int kTileRows = 4;
constexpr int kTileColumns = 4;

// Rows that a thread goes through with one group of columns before the next: they stay in its cache.
constexpr int64_t kChunkRows = 64;

// How far ahead of its use a stream is fetched, in bytes.
constexpr int kPrefetchDistance = 2048;

// Where a tile lies: row r begins at weights + r * stride, and its product with column c goes to out[r + c].
struct Tile {
    const char * weights;
    size_t stride;
    int64_t width;
    float * out;
    int64_t out_row;
    int64_t out_column;
};

// ---- plain blocks of 32 weights with one scale

inline Bytes weights_of(const BlockQ8_0 & block) {
    return load_bytes(block.weights);
}
inline Bytes weights_of(const BlockQ4_0 & block) {
    return subtract(load_nibbles(block.nibbles), bytes_of(8));
}
inline Bytes weights_of(const BlockQ5_0 & block) {
    uint32_t fifth_bits;
    std::memcpy(&fifth_bits, block.fifth_bits, sizeof(fifth_bits));
    return bit_or(load_nibbles(block.nibbles), clear_bits_as_f0(fifth_bits));  // 0xF0 is -16
}
inline Bytes weights_of(const BlockIQ4_NL & block) {
    return look_up(kIQ4Values, load_nibbles(block.nibbles));
}

template <typename Block>
struct Plain {
    using Column = ByteColumn;
    static constexpr auto prepare = round_plain;

    template <int R, int C>
    static void multiply(const Tile & tile, const ByteColumn * columns) {
        const Block * rows[R];
        Sums sums[R][C];
        DIA_UNROLL
        for (int r = 0; r < R; ++r) {
            rows[r] = reinterpret_cast<const Block *>(tile.weights + static_cast<size_t>(r) * tile.stride);
            DIA_UNROLL
            for (int c = 0; c < C; ++c) {
                sums[r][c] = zero_sums();
            }
        }
        const int64_t n_blocks = tile.width / kBlockSize;
        for (int64_t b = 0; b < n_blocks; ++b) {
            DIA_UNROLL
            for (int r = 0; r < R; ++r) {
                const Block & block = rows[r][b];
                prefetch(reinterpret_cast<const char *>(&block) + kPrefetchDistance);
                const SignedWeights weights = ready(weights_of(block));
                const Sums scale = sums_of_half(block.scale);
                DIA_UNROLL
                for (int c = 0; c < C; ++c) {
                    const ByteColumn & column = columns[c];
                    const Ints products =
                        dot(column.starts[b], weights, load_bytes(column.values + b * kBlockSize));
                    sums[r][c] = add_product(sums[r][c], products, times(scale, sums_of(column.scales[b])));
                }
            }
        }
        DIA_UNROLL
        for (int r = 0; r < R; ++r) {
            DIA_UNROLL
            for (int c = 0; c < C; ++c) {
                tile.out[r * tile.out_row + c * tile.out_column] = total(sums[r][c]);
            }
        }
    }
};

// ---- super-blocks of 256 weights

// 8 scales and 8 mins of 6 bits from 12 bytes. The low bits of the first four of each lie in bytes 0 to 3 and 4 to
// 7; bytes 8 to 11 have the low halves of the last four of both, whose upper two bits are on top of bytes 0 to 7.
inline void unpack_scales_and_mins(const uint8_t * packed, uint8_t * scales, uint8_t * mins) {
    uint32_t words[3];
    std::memcpy(words, packed, sizeof(words));
    const uint32_t low_scales = words[0] & 0x3F3F3F3F;
    const uint32_t low_mins = words[1] & 0x3F3F3F3F;
    const uint32_t high_scales = (words[2] & 0x0F0F0F0F) | ((words[0] >> 6 & 0x03030303) << 4);
    const uint32_t high_mins = (words[2] >> 4 & 0x0F0F0F0F) | ((words[1] >> 6 & 0x03030303) << 4);
    std::memcpy(scales, &low_scales, 4);
    std::memcpy(scales + 4, &high_scales, 4);
    std::memcpy(mins, &low_mins, 4);
    std::memcpy(mins + 4, &high_mins, 4);
}

// Vector `i` of the eight of a super-block.
template <int i>
inline Bytes weights_of(const BlockQ4_K & block) {
    return bit_and(shift_right<4 * (i % 2)>(load_bytes(block.nibbles + i / 2 * 32)), bytes_of(15));
}
template <int i>
inline Bytes weights_of(const BlockQ5_K & block) {
    const Bytes nibbles = bit_and(shift_right<4 * (i % 2)>(load_bytes(block.nibbles + i / 2 * 32)), bytes_of(15));
    const Bytes bits = load_bytes(block.fifth_bits);
    if constexpr (i < 4) {
        return bit_or(nibbles, bit_and(shift_left<4 - i>(bits), bytes_of(16)));
    } else {
        return bit_or(nibbles, bit_and(shift_right<i - 4>(bits), bytes_of(16)));
    }
}
template <int i>
inline Bytes weights_of(const BlockQ6_K & block) {
    constexpr int half = i / 4;
    constexpr int quarter = i % 4;
    const Bytes nibbles = bit_and(
        shift_right<quarter / 2 * 4>(load_bytes(block.nibbles + 64 * half + quarter % 2 * 32)), bytes_of(15));
    const Bytes bits = load_bytes(block.high_bits + 32 * half);
    if constexpr (quarter < 2) {
        return bit_or(nibbles, bit_and(shift_left<4 - 2 * quarter>(bits), bytes_of(0x30)));
    } else {
        return bit_or(nibbles, bit_and(shift_right<2 * quarter - 4>(bits), bytes_of(0x30)));
    }
}

// scale * scales[i] * weight - min_scale * mins[i]
template <typename Block>
struct WithMins {
    Scales scales;
    Scales mins;
    Sums scale;
    Sums min_scale;

    explicit WithMins(const Block & block) {
        uint8_t unpacked[16];
        unpack_scales_and_mins(block.scales_and_mins, unpacked, unpacked + 8);
        scales = load_shared_scales(unpacked);
        mins = load_shared_scales(unpacked + 8);
        scale = sums_of_half(block.scale);
        min_scale = sums_of_half(block.min_scale);
    }

    Sums add(Sums sums, Ints products, const int16_t * run_sums, float column_scale) const {
        const Sums column = sums_of(column_scale);
        sums = add_product(sums, products, times(scale, column));
        return subtract_product(sums, dot_run_sums(mins, run_sums), times(min_scale, column));
    }
};

// scale * scales[i] * (weight - 32)
struct Centered {
    Scales scales;
    Sums scale;

    explicit Centered(const BlockQ6_K & block)
        : scales(load_scales(block.scales)), scale(sums_of_half(block.scale)) {}

    Sums add(Sums sums, Ints products, const int16_t * run_sums, float column_scale) const {
        products = subtract_32_times(products, dot_run_sums(scales, run_sums));
        return add_product(sums, products, times(scale, sums_of(column_scale)));
    }
};

template <typename Block, typename Decoded>
struct Super {
    using Column = ByteColumn;
    static constexpr auto prepare = round_super_blocks;

    template <int C, int i>
    static void add_vector(Ints * products, const Block & block, const Scales & scales, const ByteColumn * columns,
                           int64_t b) {
        const Bytes weights = weights_of<i>(block);
        DIA_UNROLL
        for (int c = 0; c < C; ++c) {
            const int8_t * values = columns[c].values + b * kSuperBlockSize + i * kBlockSize;
            products[c] = add_scaled_dot<i>(products[c], scales, weights, load_bytes(values));
        }
    }

    template <int C, int... i>
    static void add_vectors(Ints * products, const Block & block, const Scales & scales, const ByteColumn * columns,
                            int64_t b, std::integer_sequence<int, i...>) {
        (add_vector<C, i>(products, block, scales, columns, b), ...);
    }

    template <int R, int C>
    static void multiply(const Tile & tile, const ByteColumn * columns) {
        Sums sums[R][C];
        DIA_UNROLL
        for (int r = 0; r < R; ++r) {
            DIA_UNROLL
            for (int c = 0; c < C; ++c) {
                sums[r][c] = zero_sums();
            }
        }
        const int64_t n_blocks = tile.width / kSuperBlockSize;
        for (int64_t b = 0; b < n_blocks; ++b) {
            DIA_UNROLL
            for (int r = 0; r < R; ++r) {
                const Block & block =
                    reinterpret_cast<const Block *>(tile.weights + static_cast<size_t>(r) * tile.stride)[b];
                for (size_t line = 0; line < sizeof(Block); line += 64) {
                    prefetch(reinterpret_cast<const char *>(&block) + kPrefetchDistance + line);
                }
                const Decoded decoded(block);
                Ints products[C];
                DIA_UNROLL
                for (int c = 0; c < C; ++c) {
                    products[c] = zero_ints();
                }
                add_vectors<C>(products, block, decoded.scales, columns, b, std::make_integer_sequence<int, 8>());
                DIA_UNROLL
                for (int c = 0; c < C; ++c) {
                    sums[r][c] =
                        decoded.add(sums[r][c], products[c], columns[c].run_sums + 16 * b, columns[c].scales[b]);
                }
            }
        }
        DIA_UNROLL
        for (int r = 0; r < R; ++r) {
            DIA_UNROLL
            for (int c = 0; c < C; ++c) {
                tile.out[r * tile.out_row + c * tile.out_column] = total(sums[r][c]);
            }
        }
    }
};

// ---- weights that are numbers by themselves; F16 ones are multiplied with activations rounded to F16, as by ggml

template <typename Element>
struct Floats {
    using Column = const float *;

    static const float * prepare(const float * x, int64_t width, void * memory) noexcept {
        if constexpr (!std::is_same_v<Element, Half>) {
            return x;
        }
        auto * rounded = static_cast<float *>(memory);
        int64_t i = 0;
        for (; i + kLanes <= width; i += kLanes) {
            store(rounded + i, round_to_half(load(x + i)));
        }
        for (; i < width; ++i) {
            rounded[i] = ggml_fp16_to_fp32(ggml_fp32_to_fp16(x[i]));
        }
        return rounded;
    }

    template <int R, int C>
    static void multiply(const Tile & tile, const Column * columns) {
        const Element * rows[R];
        FloatVector sums[R][C];
        DIA_UNROLL
        for (int r = 0; r < R; ++r) {
            rows[r] = reinterpret_cast<const Element *>(tile.weights + static_cast<size_t>(r) * tile.stride);
            DIA_UNROLL
            for (int c = 0; c < C; ++c) {
                sums[r][c] = broadcast(0.0f);
            }
        }
        const int64_t whole = tile.width / kLanes * kLanes;
        for (int64_t i = 0; i < whole; i += kLanes) {
            DIA_UNROLL
            for (int r = 0; r < R; ++r) {
                prefetch(reinterpret_cast<const char *>(rows[r] + i) + kPrefetchDistance);
                const FloatVector weights = widen(rows[r] + i);
                DIA_UNROLL
                for (int c = 0; c < C; ++c) {
                    sums[r][c] = weights * load(columns[c] + i) + sums[r][c];
                }
            }
        }
        if (whole < tile.width) {
            const int64_t rest = tile.width - whole;
            DIA_UNROLL
            for (int r = 0; r < R; ++r) {
                const FloatVector weights = widen_some(rows[r] + whole, rest);
                DIA_UNROLL
                for (int c = 0; c < C; ++c) {
                    sums[r][c] = weights * widen_some(columns[c] + whole, rest) + sums[r][c];
                }
            }
        }
        DIA_UNROLL
        for (int r = 0; r < R; ++r) {
            DIA_UNROLL
            for (int c = 0; c < C; ++c) {
                tile.out[r * tile.out_row + c * tile.out_column] = lane_total(sums[r][c]);
            }
        }
    }
};

// ---- all rows and columns, tile by tile

template <typename Kernel, int R>
void multiply_columns(const Tile & tile, const typename Kernel::Column * columns, int n) {
    static_assert(kTileColumns == 4, "one case for each count");
    switch (n) {
        case 1:
            return Kernel::template multiply<R, 1>(tile, columns);
        case 2:
            return Kernel::template multiply<R, 2>(tile, columns);
        case 3:
            return Kernel::template multiply<R, 3>(tile, columns);
        default:
            return Kernel::template multiply<R, 4>(tile, columns);
    }
}

// Columns that are held ready at a time; more go over the weights again.
constexpr int64_t kReadyColumns = 64;

size_t column_size_of(const ggml_tensor * weight) {
    return ggml_is_quantized(weight->type) ? byte_column_size(weight->ne[0])
                                           : static_cast<size_t>(weight->ne[0]) * sizeof(float);
}

template <typename Kernel>
void multiply_rows(const ggml_tensor * weight, const ggml_tensor * x, ggml_tensor * out, void * scratch,
                   int64_t first_row, int64_t end_row) {
    const int64_t width = weight->ne[0];
    const int64_t n_columns = x->ne[1];
    const size_t column_size = column_size_of(weight);
    for (int64_t first = 0; first < n_columns; first += kReadyColumns) {
        typename Kernel::Column columns[kReadyColumns];
        const int64_t n_ready = std::min(kReadyColumns, n_columns - first);
        for (int64_t c = 0; c < n_ready; ++c) {
            const auto * values = reinterpret_cast<const float *>(static_cast<const char *>(x->data) +
                                                                  static_cast<size_t>(first + c) * x->nb[1]);
            columns[c] =
                Kernel::prepare(values, width, static_cast<char *>(scratch) + static_cast<size_t>(c) * column_size);
        }
        for (int64_t chunk = first_row; chunk < end_row; chunk += kChunkRows) {
            const int64_t n_rows = std::min(kChunkRows, end_row - chunk);
            const int64_t apart = n_rows / kTileRows;  // the rows of a tile are this far from each other
            for (int64_t c = 0; c < n_ready; c += kTileColumns) {
                const int n = static_cast<int>(std::min<int64_t>(kTileColumns, n_ready - c));
                const auto tile_at = [&](int64_t row) {
                    return Tile{static_cast<const char *>(weight->data) + static_cast<size_t>(row) * weight->nb[1],
                                static_cast<size_t>(apart) * weight->nb[1],
                                width,
                                static_cast<float *>(out->data) + (first + c) * out->ne[0] + row,
                                apart,
                                out->ne[0]};
                };
                for (int64_t row = 0; row < apart; ++row) {
                    multiply_columns<Kernel, kTileRows>(tile_at(chunk + row), columns + c, n);
                }
                for (int64_t row = apart * kTileRows; row < n_rows; ++row) {
                    multiply_columns<Kernel, 1>(tile_at(chunk + row), columns + c, n);
                }
            }
        }
    }
}

using MultiplyRows = void (*)(const ggml_tensor *, const ggml_tensor *, ggml_tensor *, void *, int64_t, int64_t);

MultiplyRows kernel_for(ggml_type type) {
    switch (type) {
        case GGML_TYPE_F32:
            return multiply_rows<Floats<float>>;
        case GGML_TYPE_F16:
            return multiply_rows<Floats<Half>>;
        case GGML_TYPE_BF16:
            return multiply_rows<Floats<BrainFloat>>;
        case GGML_TYPE_Q8_0:
            return multiply_rows<Plain<BlockQ8_0>>;
        case GGML_TYPE_Q5_0:
            return multiply_rows<Plain<BlockQ5_0>>;
        case GGML_TYPE_Q4_0:
            return multiply_rows<Plain<BlockQ4_0>>;
        case GGML_TYPE_IQ4_NL:
            return multiply_rows<Plain<BlockIQ4_NL>>;
        case GGML_TYPE_Q6_K:
            return multiply_rows<Super<BlockQ6_K, Centered>>;
        case GGML_TYPE_Q5_K:
            return multiply_rows<Super<BlockQ5_K, WithMins<BlockQ5_K>>>;
        case GGML_TYPE_Q4_K:
            return multiply_rows<Super<BlockQ4_K, WithMins<BlockQ4_K>>>;
        default:
            return nullptr;
    }
}

}  // namespace

bool has_row_products(ggml_type type) {
    return kernel_for(type) != nullptr;
}

bool has_faster_row_products(ggml_type type) {
    return type == GGML_TYPE_Q4_K || type == GGML_TYPE_Q5_K || type == GGML_TYPE_Q6_K;
}

size_t row_products_scratch(const ggml_tensor * weight, int64_t n_columns) {
    return static_cast<size_t>(std::min(n_columns, kReadyColumns)) * column_size_of(weight);
}

void row_products(const ggml_tensor * weight, const ggml_tensor * x, ggml_tensor * out, void * scratch, int thread,
                  int n_threads) noexcept {
    const int64_t rows = weight->ne[1];
    kernel_for(weight->type)(weight, x, out, scratch, rows * thread / n_threads, rows * (thread + 1) / n_threads);
}

#else

bool has_row_products(ggml_type) {
    return false;
}
bool has_faster_row_products(ggml_type) {
    return false;
}
size_t row_products_scratch(const ggml_tensor *, int64_t) {
    return 0;
}
void row_products(const ggml_tensor *, const ggml_tensor *, ggml_tensor *, void *, int, int) noexcept {}

#endif

}  // namespace dia
