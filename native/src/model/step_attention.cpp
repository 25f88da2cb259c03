// A head's positions are taken in blocks, each widened to F32 in the first-level cache. The weights of a block are
// relative to the largest score so far; when a later block has a larger one, what is summed by then is scaled down.
// Blocks and the order of all sums depend on nothing but the head width.
#include "model/step_attention.h"

#include <ggml-cpu.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "support/simd.h"

namespace dia {

namespace {

constexpr int64_t kBlockFloats = 4096;
constexpr int64_t kMostPositions = 64;  // of a block; a multiple of the lanes
static_assert(kMostPositions % kLanes == 0);

// Sums that are held in registers beside what is added to them.
constexpr int kSums = kVectorRegisters == 32 ? 16 : 8;
static_assert(kSums % kLanes == 0);

// As ggml stores Q8_0: values that share a scale.
struct Q8Block {
    ggml_fp16_t scale;
    int8_t values[32];
};

// What is stored for one head of one sequence.
struct HeadRows {
    const char * data;
    ggml_type type;
    int64_t width;
};

int64_t bytes_of_row(const HeadRows & rows) {
    return static_cast<int64_t>(ggml_row_size(rows.type, rows.width));
}

HeadRows rows_of(const ggml_tensor * cache, int64_t head, int64_t sequence) {
    const size_t offset = static_cast<size_t>(head) * cache->nb[2] + static_cast<size_t>(sequence) * cache->nb[3];
    return {static_cast<const char *>(cache->data) + offset, cache->type, cache->ne[0]};
}

// Positions that are read after those that are computed with: their memory is asked for meanwhile, a row at a time.
class Upcoming {
public:
    Upcoming(const HeadRows & rows, int64_t first)
        : data_(rows.data + first * bytes_of_row(rows)), row_bytes_(bytes_of_row(rows)), width_(rows.width) {}

    // Elements `first` to `first + count - 1` of a row; `count` may reach into the rows behind it.
    void fetch(int64_t row, int64_t first, int64_t count) const {
        prefetch(data_ + row * row_bytes_ + row_bytes_ * first / width_, row_bytes_ * count / width_);
    }

private:
    const char * data_;
    int64_t row_bytes_;
    int64_t width_;
};

void widen_q8(const Q8Block * blocks, int64_t n_blocks, float * to) {
    ggml_fp16_t halves[kBlockFloats / 32];
    float scales[kBlockFloats / 32];
    for (int64_t i = 0; i < n_blocks; ++i) {
        halves[i] = blocks[i].scale;
    }
    ggml_cpu_fp16_to_fp32(halves, scales, n_blocks);
    for (int64_t i = 0; i < n_blocks; ++i) {
        for (int j = 0; j < 32; ++j) {
            to[i * 32 + j] = scales[i] * static_cast<float>(blocks[i].values[j]);
        }
    }
}

// The rows of `count` positions from `first` on as F32: in `scratch`, unless they are F32 already.
const float * widened(const HeadRows & rows, int64_t first, int64_t count, float * scratch) {
    const int64_t n = count * rows.width;
    const char * data = rows.data + first * bytes_of_row(rows);
    switch (rows.type) {
        case GGML_TYPE_F16:
            ggml_cpu_fp16_to_fp32(reinterpret_cast<const ggml_fp16_t *>(data), scratch, n);
            return scratch;
        case GGML_TYPE_Q8_0:
            widen_q8(reinterpret_cast<const Q8Block *>(data), n / 32, scratch);
            return scratch;
        default:
            return reinterpret_cast<const float *>(data);
    }
}

// e^x for x <= 0, with a relative error below 2e-7: 2^n e^r with n the nearest integer to x / ln 2. Not a number
// stays what it is.
FloatVector exponential(FloatVector x) {
    constexpr float kRoundingShift =
        12582912.0f;                          // 1.5 * 2^23: leaves the nearest integer in the low bits of a sum
    constexpr float kLn2High = 0.693359375f;  // the product with n is exact
    constexpr float kLn2Low = -2.12194440e-4f;
    x = max(broadcast(-86.0f), x);  // below, 2^n is no normal number; nothing is left of such a weight
    const FloatVector shifted = x * broadcast(1.44269504f) + broadcast(kRoundingShift);
    const FloatVector n = shifted - broadcast(kRoundingShift);
    const FloatVector r = x - n * broadcast(kLn2High) - n * broadcast(kLn2Low);

    // The Taylor series; the first term left out is below 2e-8 for |r| <= ln(2) / 2.
    FloatVector p = broadcast(1.0f / 720.0f);
    for (const float coefficient : {1.0f / 120.0f, 1.0f / 24.0f, 1.0f / 6.0f, 0.5f, 1.0f, 1.0f}) {
        p = p * r + broadcast(coefficient);
    }
    return scale_by_low_bits(p, shifted) + (x - x);  // the difference is 0, or not a number
}

// The softmax of a head's scores, block by block.
class RunningSoftmax {
public:
    // Replaces the scores of a block by weights. Returns the factor for what was weighted before.
    float weigh(float * scores, int64_t count) {
        const int64_t whole = (count + kLanes - 1) / kLanes * kLanes;
        std::fill(scores + count, scores + whole, -INFINITY);
        FloatVector largest = load(scores);
        for (int64_t i = kLanes; i < whole; i += kLanes) {
            largest = max(load(scores + i), largest);
        }
        const float before = largest_;
        largest_ = std::max(largest_, largest_lane(largest));

        FloatVector sums[kLanes] = {};
        for (int64_t i = 0; i < whole; i += kLanes) {
            const FloatVector weights = exponential(load(scores + i) - broadcast(largest_));
            store(scores + i, weights);
            sums[0] = sums[0] + weights;
        }
        float total[kLanes];
        store(total, sums_of_lanes(sums));
        const float factor = largest_ == before ? 1.0f : std::exp(before - largest_);
        total_ = total_ * factor + total[0];
        return factor;
    }

    float total() const { return total_; }

private:
    float largest_ = -INFINITY;
    float total_ = 0.0f;
};

// scores[query][key] = q[query] . keys[key]
template <int kQueries, int kKeys>
void score_tile(const float * const * q, const float * keys, int64_t width, float * scores) {
    FloatVector sums[kSums];
    DIA_UNROLL
    for (int i = 0; i < kSums; ++i) {
        sums[i] = broadcast(0.0f);
    }
    int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) {
        FloatVector k[kKeys];
        DIA_UNROLL
        for (int s = 0; s < kKeys; ++s) {
            k[s] = load(keys + s * width + i);
        }
        DIA_UNROLL
        for (int a = 0; a < kQueries; ++a) {
            const FloatVector query = load(q[a] + i);
            DIA_UNROLL
            for (int s = 0; s < kKeys; ++s) {
                sums[a * kKeys + s] = query * k[s] + sums[a * kKeys + s];
            }
        }
    }
    float tile[kSums];
    DIA_UNROLL
    for (int first = 0; first < kSums; first += kLanes) {
        store(tile + first, sums_of_lanes(sums + first));
    }
    for (int a = 0; a < kQueries; ++a) {
        for (int s = 0; s < kKeys; ++s) {
            float score = tile[a * kKeys + s];
            for (int64_t rest = i; rest < width; ++rest) {
                score += q[a][rest] * keys[s * width + rest];
            }
            scores[a * kMostPositions + s] = score;
        }
    }
}

template <int kQueries>
void score(const float * const * q, const float * keys, int64_t count, int64_t width, float * scores,
           const Upcoming & next) {
    constexpr int kKeys = kSums / kQueries;
    int64_t s = 0;
    for (; s + kKeys <= count; s += kKeys) {
        next.fetch(s, 0, kKeys * width);
        score_tile<kQueries, kKeys>(q, keys + s * width, width, scores + s);
    }
    for (; s < count; ++s) {
        score_tile<kQueries, 1>(q, keys + s * width, width, scores + s);
    }
}

// out[query] = factors[query] out[query] + sum over s of weights[query][s] values[s], for kVectors vectors.
template <int kQueries, int kVectors>
void mix_strip(const float * weights, const float * values, int64_t count, int64_t width, const float * factors,
               float * const * out, int64_t first, const Upcoming & next) {
    FloatVector sums[kQueries][kVectors];
    DIA_UNROLL
    for (int a = 0; a < kQueries; ++a) {
        DIA_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            sums[a][v] = broadcast(0.0f);
        }
    }
    for (int64_t s = 0; s < count; ++s) {
        next.fetch(s, first, kVectors * kLanes);
        FloatVector row[kVectors];
        DIA_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            row[v] = load(values + s * width + first + v * kLanes);
        }
        DIA_UNROLL
        for (int a = 0; a < kQueries; ++a) {
            const FloatVector weight = broadcast(weights[a * kMostPositions + s]);
            DIA_UNROLL
            for (int v = 0; v < kVectors; ++v) {
                sums[a][v] = weight * row[v] + sums[a][v];
            }
        }
    }
    DIA_UNROLL
    for (int a = 0; a < kQueries; ++a) {
        DIA_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            float * to = out[a] + first + v * kLanes;
            store(to, broadcast(factors[a]) * load(to) + sums[a][v]);
        }
    }
}

template <int kQueries>
void mix(const float * weights, const float * values, int64_t count, int64_t width, const float * factors,
         float * const * out, const Upcoming & next) {
    constexpr int kVectors = kSums / kQueries;
    int64_t i = 0;
    for (; i + kVectors * kLanes <= width; i += kVectors * kLanes) {
        mix_strip<kQueries, kVectors>(weights, values, count, width, factors, out, i, next);
    }
    for (; i + kLanes <= width; i += kLanes) {
        mix_strip<kQueries, 1>(weights, values, count, width, factors, out, i, next);
    }
    for (; i < width; ++i) {
        for (int a = 0; a < kQueries; ++a) {
            float value = 0.0f;
            for (int64_t s = 0; s < count; ++s) {
                value += weights[a * kMostPositions + s] * values[s * width + i];
            }
            out[a][i] = factors[a] * out[a][i] + value;
        }
    }
}

// Query heads that share a head of keys and values. q, out [kQueries][width]
template <int kQueries>
void attend(const float * q, const HeadRows & keys, const HeadRows & values, int64_t length, float * out) {
    const int64_t width = keys.width;
    const int64_t block = std::clamp<int64_t>(kBlockFloats / width, 1, kMostPositions);
    alignas(64) float rows[kBlockFloats];
    alignas(64) float weights[kQueries * kMostPositions];
    float factors[kQueries];
    RunningSoftmax softmax[kQueries];
    const float * queries[kQueries];
    float * results[kQueries];
    for (int a = 0; a < kQueries; ++a) {
        queries[a] = q + a * width;
        results[a] = out + a * width;
    }
    std::fill(out, out + kQueries * width, 0.0f);

    for (int64_t first = 0; first < length; first += block) {
        const int64_t count = std::min(block, length - first);
        const float * block_keys = widened(keys, first, count, rows);
        score<kQueries>(queries, block_keys, count, width, weights, Upcoming(values, first));
        for (int a = 0; a < kQueries; ++a) {
            factors[a] = softmax[a].weigh(weights + a * kMostPositions, count);
        }
        const float * block_values = widened(values, first, count, rows);
        mix<kQueries>(weights, block_values, count, width, factors, results, Upcoming(keys, first + count));
    }
    for (int a = 0; a < kQueries; ++a) {
        for (int64_t i = 0; i < width; ++i) {
            results[a][i] /= softmax[a].total();
        }
    }
}

// The query heads of one sequence that look at one head of keys and values.
void attend_group(const float * q, int64_t n_queries, const HeadRows & keys, const HeadRows & values,
                  int64_t length, float * out) {
    while (n_queries > 0) {
        const int n = n_queries >= 4 ? 4 : n_queries >= 2 ? 2 : 1;
        const auto attend_n = n == 4 ? attend<4> : n == 2 ? attend<2> : attend<1>;
        attend_n(q, keys, values, length, out);
        q += n * keys.width;
        out += n * keys.width;
        n_queries -= n;
    }
}

void run(ggml_tensor * result, int ith, int nth, void *) {
    const ggml_tensor * q = result->src[0];
    const ggml_tensor * k = result->src[1];
    const ggml_tensor * v = result->src[2];
    const int32_t * lengths = static_cast<const int32_t *>(result->src[3]->data);
    const int64_t D = q->ne[0];
    const int64_t A = q->ne[1];
    const int64_t K = k->ne[2];
    const int64_t B = q->ne[3];
    const int64_t sequence_floats = static_cast<int64_t>(q->nb[3] / sizeof(float));
    for (int64_t i = ith; i < K * B; i += nth) {
        const int64_t head = i % K;
        const int64_t b = i / K;
        const int64_t first = head * (A / K);
        const float * queries = static_cast<const float *>(q->data) + b * sequence_floats + first * D;
        float * out = static_cast<float *>(result->data) + (b * A + first) * D;
        attend_group(queries, A / K, rows_of(k, head, b), rows_of(v, head, b), lengths[b], out);
    }
}

}  // namespace

ggml_tensor * step_attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v,
                             ggml_tensor * lengths) {
    ggml_tensor * arguments[] = {q, k, v, lengths};
    return ggml_custom_4d(ctx, GGML_TYPE_F32, q->ne[0] * q->ne[1], q->ne[3], 1, 1, arguments, 4, run,
                          GGML_N_TASKS_MAX, nullptr);
}

}  // namespace dia
