// A head's positions are taken in blocks that lie in the first-level cache beside the next one. The weights of a
// block are relative to the largest score so far; when a later block has a larger one, what is summed by then is
// scaled down. Blocks and the order of all sums depend on nothing but the head width.
#include "model/step_attention.h"

#include <ggml-cpu.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "support/widen.h"

namespace dia {

namespace {

constexpr int64_t kBlockFloats = 4096;
constexpr int64_t kMostPositions = 64;  // of a block; a multiple of the lanes
static_assert(kMostPositions % kLanes == 0);

// Weighing the scores of a block takes as long as the work on so many values.
constexpr int kWeighed = 256;

// Sums that are held in registers beside what is added to them.
constexpr int kSums = kVectorRegisters == 32 ? 16 : 8;
static_assert(kSums % kLanes == 0);

// As ggml stores Q8_0: values that share a scale.
struct Q8Block {
    ggml_fp16_t scale;
    int8_t values[32];
};

// Values that a cache stores as one F32, F16 or Q8_0.
template <typename Stored>
constexpr int kValues = 1;
template <>
constexpr int kValues<Q8Block> = 32;

// Rows of `width` values behind each other, a row for each position.
template <typename Stored>
struct HeadRows {
    const Stored * data;
    int64_t width;

    HeadRows from(int64_t row) const { return {data + row * width / kValues<Stored>, width}; }
};

template <typename Stored>
HeadRows<Stored> rows_of(const ggml_tensor * cache, int64_t head, int64_t sequence) {
    const size_t offset = static_cast<size_t>(head) * cache->nb[2] + static_cast<size_t>(sequence) * cache->nb[3];
    return {reinterpret_cast<const Stored *>(static_cast<const char *>(cache->data) + offset), cache->ne[0]};
}

// The rows of a block, widened to F32 as they are read.
template <typename Stored>
class BlockRows {
public:
    BlockRows(const HeadRows<Stored> & rows, int64_t) : rows_(rows) {}

    int64_t width() const { return rows_.width; }
    FloatVector vector(int64_t row, int64_t i) const { return widen(rows_.data + row * rows_.width + i); }
    float value(int64_t row, int64_t i) const { return widened(rows_.data[row * rows_.width + i]); }

private:
    static float widened(float value) { return value; }
    static float widened(Half value) { return ggml_fp16_to_fp32(value.bits); }

    HeadRows<Stored> rows_;
};

template <>
class BlockRows<Q8Block> {
public:
    BlockRows(const HeadRows<Q8Block> & rows, int64_t count) : rows_(rows), blocks_of_row_(rows.width / 32) {
        const int64_t n = count * blocks_of_row_;
        ggml_fp16_t halves[kBlockFloats / 32];
        for (int64_t i = 0; i < n; ++i) {
            halves[i] = rows.data[i].scale;
        }
        ggml_cpu_fp16_to_fp32(halves, scales_, n);
    }

    int64_t width() const { return rows_.width; }
    FloatVector vector(int64_t row, int64_t i) const {
        const int64_t at = row * blocks_of_row_ + i / 32;
        return broadcast(scales_[at]) * widen(rows_.data[at].values + i % 32);
    }
    float value(int64_t row, int64_t i) const {
        const int64_t at = row * blocks_of_row_ + i / 32;
        return scales_[at] * static_cast<float>(rows_.data[at].values[i % 32]);
    }

private:
    HeadRows<Q8Block> rows_;
    int64_t blocks_of_row_;
    float scales_[kBlockFloats / 32];
};

// The keys and values that are read next. Their memory is asked for evenly during the work on a block, of both at a
// time: a thread with one stream through memory leaves a part of its bandwidth unused.
template <typename Stored>
class Upcoming {
public:
    Upcoming(const HeadRows<Stored> & keys, const HeadRows<Stored> & values)
        : keys_(reinterpret_cast<const char *>(keys.data)), values_(reinterpret_cast<const char *>(values.data)) {}

    // With the work on kCount values, after that on `done` of the block's keys and values.
    template <int kCount>
    void fetch(int64_t done) const {
        constexpr int64_t n_bytes = kCount * sizeof(Stored) / (2 * kValues<Stored>);
        const int64_t first = done * sizeof(Stored) / (2 * kValues<Stored>);
        prefetch(keys_ + first, n_bytes);
        prefetch(values_ + first, n_bytes);
    }

private:
    const char * keys_;
    const char * values_;
};

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

// scores[query][key] = q[query] . key, for kKeys rows from `first` on
template <int kQueries, int kKeys, typename Stored>
void score_tile(const float * const * q, const BlockRows<Stored> & keys, int64_t first, float * scores,
                const Upcoming<Stored> & next) {
    const int64_t width = keys.width();
    FloatVector sums[kSums];
    DIA_UNROLL
    for (int i = 0; i < kSums; ++i) {
        sums[i] = broadcast(0.0f);
    }
    int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) {
        next.template fetch<kKeys * kLanes>(first * width + kKeys * i);
        FloatVector queries[kQueries];
        DIA_UNROLL
        for (int a = 0; a < kQueries; ++a) {
            queries[a] = load(q[a] + i);
        }
        DIA_UNROLL
        for (int s = 0; s < kKeys; ++s) {
            const FloatVector key = keys.vector(first + s, i);
            DIA_UNROLL
            for (int a = 0; a < kQueries; ++a) {
                sums[a * kKeys + s] = queries[a] * key + sums[a * kKeys + s];
            }
        }
    }
    float tile[kSums];
    DIA_UNROLL
    for (int part = 0; part < kSums; part += kLanes) {
        store(tile + part, sums_of_lanes(sums + part));
    }
    for (int a = 0; a < kQueries; ++a) {
        for (int s = 0; s < kKeys; ++s) {
            float score = tile[a * kKeys + s];
            for (int64_t rest = i; rest < width; ++rest) {
                score += q[a][rest] * keys.value(first + s, rest);
            }
            scores[a * kMostPositions + first + s] = score;
        }
    }
}

template <int kQueries, typename Stored>
void score(const float * const * q, const BlockRows<Stored> & keys, int64_t count, float * scores,
           const Upcoming<Stored> & next) {
    constexpr int kKeys = kSums / kQueries;
    int64_t s = 0;
    for (; s + kKeys <= count; s += kKeys) {
        score_tile<kQueries, kKeys>(q, keys, s, scores, next);
    }
    for (; s < count; ++s) {
        score_tile<kQueries, 1>(q, keys, s, scores, next);
    }
}

// out[query] = factors[query] out[query] + sum over s of weights[query][s] values[s], for kVectors vectors.
template <int kQueries, int kVectors, typename Stored>
void mix_strip(const float * weights, const BlockRows<Stored> & values, int64_t count, const float * factors,
               float * const * out, int64_t first, const Upcoming<Stored> & next) {
    FloatVector sums[kQueries][kVectors];
    DIA_UNROLL
    for (int a = 0; a < kQueries; ++a) {
        DIA_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            sums[a][v] = broadcast(0.0f);
        }
    }
    for (int64_t s = 0; s < count; ++s) {
        next.template fetch<kVectors * kLanes>(count * (values.width() + first) + s * kVectors * kLanes);
        FloatVector row[kVectors];
        DIA_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            row[v] = values.vector(s, first + v * kLanes);
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

template <int kQueries, typename Stored>
void mix(const float * weights, const BlockRows<Stored> & values, int64_t count, const float * factors,
         float * const * out, const Upcoming<Stored> & next) {
    constexpr int kVectors = kSums / kQueries;
    const int64_t width = values.width();
    int64_t i = 0;
    for (; i + kVectors * kLanes <= width; i += kVectors * kLanes) {
        mix_strip<kQueries, kVectors>(weights, values, count, factors, out, i, next);
    }
    for (; i + kLanes <= width; i += kLanes) {
        mix_strip<kQueries, 1>(weights, values, count, factors, out, i, next);
    }
    for (; i < width; ++i) {
        for (int a = 0; a < kQueries; ++a) {
            float value = 0.0f;
            for (int64_t s = 0; s < count; ++s) {
                value += weights[a * kMostPositions + s] * values.value(s, i);
            }
            out[a][i] = factors[a] * out[a][i] + value;
        }
    }
}

// Query heads that share a head of keys and values. q, out [kQueries][width]
template <int kQueries, typename Stored>
void attend(const float * q, const HeadRows<Stored> & keys, const HeadRows<Stored> & values, int64_t length,
            float * out) {
    const int64_t width = keys.width;
    const int64_t block = std::clamp<int64_t>(kBlockFloats / width, 1, kMostPositions);
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
        const Upcoming<Stored> next(keys.from(first + count), values.from(first + count));
        score<kQueries>(queries, BlockRows<Stored>(keys.from(first), count), count, weights, next);
        for (int a = 0; a < kQueries; ++a) {
            next.template fetch<kWeighed>(count * width + a * kWeighed);  // mix() will ask again
            factors[a] = softmax[a].weigh(weights + a * kMostPositions, count);
        }
        mix<kQueries>(weights, BlockRows<Stored>(values.from(first), count), count, factors, results, next);
    }
    for (int a = 0; a < kQueries; ++a) {
        for (int64_t i = 0; i < width; ++i) {
            results[a][i] /= softmax[a].total();
        }
    }
}

// The query heads of one sequence that look at one head of keys and values.
template <typename Stored>
void attend_group(const float * q, int64_t n_queries, const HeadRows<Stored> & keys,
                  const HeadRows<Stored> & values, int64_t length, float * out) {
    while (n_queries > 0) {
        const int n = n_queries >= 4 ? 4 : n_queries >= 2 ? 2 : 1;
        const auto attend_n = n == 4 ? attend<4, Stored> : n == 2 ? attend<2, Stored> : attend<1, Stored>;
        attend_n(q, keys, values, length, out);
        q += n * keys.width;
        out += n * keys.width;
        n_queries -= n;
    }
}

// Every thread takes some heads of all sequences, whose lengths may differ.
template <typename Stored>
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
    for (int64_t i = K * B * ith / nth; i < K * B * (ith + 1) / nth; ++i) {
        const int64_t head = i / B;
        const int64_t b = i % B;
        const int64_t first = head * (A / K);
        const float * queries = static_cast<const float *>(q->data) + b * sequence_floats + first * D;
        float * out = static_cast<float *>(result->data) + (b * A + first) * D;
        attend_group(queries, A / K, rows_of<Stored>(k, head, b), rows_of<Stored>(v, head, b), lengths[b], out);
    }
}

ggml_custom_op_t run_for(ggml_type type) {
    switch (type) {
        case GGML_TYPE_F16:
            return run<Half>;
        case GGML_TYPE_Q8_0:
            return run<Q8Block>;
        default:
            return run<float>;
    }
}

}  // namespace

ggml_tensor * step_attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v,
                             ggml_tensor * lengths) {
    ggml_tensor * arguments[] = {q, k, v, lengths};
    return ggml_custom_4d(ctx, GGML_TYPE_F32, q->ne[0] * q->ne[1], q->ne[3], 1, 1, arguments, 4, run_for(k->type),
                          GGML_N_TASKS_MAX, nullptr);
}

}  // namespace dia
