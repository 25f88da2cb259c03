#include "model/step_attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "backend/cpu_backend.h"
#include "backend/graph.h"
#include "comparison.h"

namespace dia {
namespace {

// Head width, query heads, key and value heads, positions that the caches hold, and those of each sequence.
struct Heads {
    int64_t D, A, K, S;
    std::vector<int32_t> lengths;

    int64_t B() const { return static_cast<int64_t>(lengths.size()); }
};

// Values in [-1, 1) without a pattern.
std::vector<float> mixed(int64_t n, uint32_t seed) {
    std::vector<float> values(static_cast<size_t>(n));
    uint32_t state = seed * 2654435761u + 1;
    for (float & value : values) {
        state = state * 1664525u + 1013904223u;
        value = static_cast<float>(state >> 8) / 8388608.0f - 1.0f;
    }
    return values;
}

// q [B][A][D]; k, v [B][K][S][D]
struct Inputs {
    explicit Inputs(const Heads & h)
        : q(mixed(h.D * h.A * h.B(), 1)),
          k(mixed(h.D * h.S * h.K * h.B(), 2)),
          v(mixed(h.D * h.S * h.K * h.B(), 3)) {}

    std::vector<float> q, k, v;
};

// As a cache of that type holds them.
std::vector<char> stored(const std::vector<float> & values, ggml_type type, int64_t row) {
    std::vector<char> bytes(ggml_row_size(type, static_cast<int64_t>(values.size())));
    const int64_t n_rows = static_cast<int64_t>(values.size()) / row;
    ggml_quantize_chunk(type, values.data(), bytes.data(), 0, n_rows, row, nullptr);
    return bytes;
}

std::vector<float> restored(const std::vector<float> & values, ggml_type type, int64_t row) {
    std::vector<float> result = values;
    if (type != GGML_TYPE_F32) {
        const std::vector<char> bytes = stored(values, type, row);
        ggml_get_type_traits(type)->to_float(bytes.data(), result.data(), static_cast<int64_t>(result.size()));
    }
    return result;
}

// softmax(q k) v in F64, [B][A][D].
std::vector<float> plain(const Heads & h, const Inputs & in, ggml_type type) {
    const std::vector<float> k = restored(in.k, type, h.D);
    const std::vector<float> v = restored(in.v, type, h.D);
    std::vector<float> result;
    for (int64_t b = 0; b < h.B(); ++b) {
        for (int64_t a = 0; a < h.A; ++a) {
            const int64_t head = (b * h.K + a / (h.A / h.K)) * h.S * h.D;
            const float * query = in.q.data() + (b * h.A + a) * h.D;
            std::vector<double> mean(static_cast<size_t>(h.D), 0.0);
            double sum = 0.0;
            for (int64_t s = 0; s < h.lengths[static_cast<size_t>(b)]; ++s) {
                double score = 0.0;
                for (int64_t d = 0; d < h.D; ++d) {
                    score += static_cast<double>(query[d]) *
                             static_cast<double>(k[static_cast<size_t>(head + s * h.D + d)]);
                }
                const double weight = std::exp(score);
                sum += weight;
                for (int64_t d = 0; d < h.D; ++d) {
                    mean[static_cast<size_t>(d)] +=
                        weight * static_cast<double>(v[static_cast<size_t>(head + s * h.D + d)]);
                }
            }
            for (const double value : mean) {
                result.push_back(static_cast<float>(value / sum));
            }
        }
    }
    return result;
}

std::vector<float> compute(const Heads & h, const Inputs & in, ggml_type type, int32_t n_threads = 1) {
    Graph graph(16);
    ggml_tensor * q = graph.input(GGML_TYPE_F32, h.D, h.A, 1, h.B());
    ggml_tensor * k = graph.input(type, h.D, h.S, h.K, h.B());
    ggml_tensor * v = graph.input(type, h.D, h.S, h.K, h.B());
    ggml_tensor * lengths = graph.input(GGML_TYPE_I32, h.B());
    ggml_tensor * result = step_attention(graph.context(), q, k, v, lengths);
    graph.add_output(result);
    graph.allocate();
    std::copy(in.q.begin(), in.q.end(), host_data<float>(q));
    const std::vector<char> keys = stored(in.k, type, h.D);
    const std::vector<char> values = stored(in.v, type, h.D);
    std::copy(keys.begin(), keys.end(), host_data<char>(k));
    std::copy(values.begin(), values.end(), host_data<char>(v));
    std::copy(h.lengths.begin(), h.lengths.end(), host_data<int32_t>(lengths));
    CpuBackend(n_threads).compute(graph.nodes());
    EXPECT_EQ(result->ne[0], h.D * h.A);
    EXPECT_EQ(result->ne[1], h.B());
    return floats_of(result);
}

void check(const Heads & h, ggml_type type) {
    const Inputs in(h);
    const testing::Difference found = testing::difference(compute(h, in, type), plain(h, in, type));
    EXPECT_LE(found.max_abs, 2e-6) << ggml_type_name(type) << ", width " << h.D << ", " << h.A << " heads on "
                                   << h.K << ", element " << found.worst_index;
}

TEST(StepAttention, equals_the_plain_computation) {
    for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_Q8_0}) {
        check({128, 16, 4, 70, {70, 33}}, type);
        check({128, 4, 4, 100, {1, 64, 65}}, type);
        check({32, 3, 1, 300, {299}}, type);
        check({64, 14, 2, 40, {40, 2}}, type);
        check({1024, 2, 1, 11, {11}}, type);
    }
}

TEST(StepAttention, takes_widths_that_fill_no_vector) {
    for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16}) {
        for (const int64_t width : {1, 2, 6, 10, 14, 17, 31, 100}) {
            check({width, 6, 2, 70, {69, 1}}, type);
        }
    }
}

TEST(StepAttention, weighs_scores_that_grow_from_block_to_block) {
    // Each position scores higher than the one before it, by far: only the last one counts.
    const Heads h = {8, 1, 1, 200, {200}};
    Inputs in(h);
    std::fill(in.q.begin(), in.q.end(), 1.0f);
    for (size_t i = 0; i < in.k.size(); ++i) {
        in.k[i] = static_cast<float>(i / 8) * 10.0f - 1000.0f;
    }
    const std::vector<float> result = compute(h, in, GGML_TYPE_F32);
    EXPECT_EQ(result, std::vector<float>(in.v.end() - 8, in.v.end()));
    std::reverse(in.k.begin(), in.k.end());
    EXPECT_EQ(compute(h, in, GGML_TYPE_F32), std::vector<float>(in.v.begin(), in.v.begin() + 8));
}

TEST(StepAttention, gives_a_sequence_the_same_bits_in_any_company_and_on_any_threads) {
    const Heads together = {48, 6, 2, 150, {150, 3, 97}};
    const Inputs in(together);
    const std::vector<float> expected = compute(together, in, GGML_TYPE_F16);
    for (const int32_t n_threads : {2, 3}) {
        const std::vector<float> found = compute(together, in, GGML_TYPE_F16, n_threads);
        EXPECT_EQ(std::memcmp(found.data(), expected.data(), expected.size() * sizeof(float)), 0) << n_threads;
    }
    for (size_t b = 0; b < 3; ++b) {
        const auto part = [&](const std::vector<float> & all) {
            const auto size = static_cast<std::ptrdiff_t>(all.size() / 3);
            const auto begin = all.begin() + static_cast<std::ptrdiff_t>(b) * size;
            return std::vector<float>(begin, begin + size);
        };
        const Heads alone = {48, 6, 2, 150, {together.lengths[b]}};
        Inputs own(alone);
        own.q = part(in.q);
        own.k = part(in.k);
        own.v = part(in.v);
        EXPECT_EQ(compute(alone, own, GGML_TYPE_F16), part(expected)) << "sequence " << b;
    }
}

TEST(StepAttention, passes_on_what_is_not_a_number_and_ignores_what_is_not_visible) {
    const Heads h = {16, 1, 1, 80, {70}};
    Inputs in(h);
    const std::vector<float> expected = compute(h, in, GGML_TYPE_F32);
    std::fill(in.k.begin() + 70 * 16, in.k.end(), std::nanf(""));
    std::fill(in.v.begin() + 70 * 16, in.v.end(), std::nanf(""));
    EXPECT_EQ(compute(h, in, GGML_TYPE_F32), expected);
    for (const float bad : {std::nanf(""), INFINITY}) {
        for (const size_t position : {0u, 31u, 69u}) {
            Inputs broken = in;
            broken.k[position * 16] = bad;
            broken.q[0] = 1.0f;
            const std::vector<float> result = compute(h, broken, GGML_TYPE_F32);
            EXPECT_TRUE(std::all_of(result.begin(), result.end(), [](float x) { return std::isnan(x); }))
                << bad << " at position " << position;
        }
    }
}

}  // namespace
}  // namespace dia
