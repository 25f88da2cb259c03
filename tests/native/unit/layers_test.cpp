#include "model/layers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "backend/cpu_backend.h"
#include "backend/graph.h"
#include "comparison.h"

namespace dia {
namespace {

using testing::difference;

// One graph whose inputs are given with their values.
class LayerRun {
public:
    const Graph & graph() const { return graph_; }
    ggml_context * context() { return graph_.context(); }

    ggml_tensor * input(const std::vector<float> & values, int64_t ne0, int64_t ne1 = 1, int64_t ne2 = 1,
                        int64_t ne3 = 1) {
        ggml_tensor * tensor = graph_.input(GGML_TYPE_F32, ne0, ne1, ne2, ne3);
        fills_.push_back([=] { std::copy(values.begin(), values.end(), host_data<float>(tensor)); });
        return tensor;
    }

    Rotation rotation(const std::vector<int32_t> & positions, int64_t head_dim) {
        const Rotation rotation{graph_.input(GGML_TYPE_I32, static_cast<int64_t>(positions.size())),
                                graph_.input(GGML_TYPE_F32, head_dim / 2)};
        fills_.push_back([=] {
            std::copy(positions.begin(), positions.end(), host_data<int32_t>(rotation.positions));
            set_periods(rotation, graph_, 10000.0f);
        });
        return rotation;
    }

    std::vector<float> compute(ggml_tensor * result) {
        graph_.add_output(result);
        graph_.allocate();
        for (const auto & fill : fills_) {
            fill();
        }
        CpuBackend(1).compute(graph_.nodes());
        return {host_data<float>(result), host_data<float>(result) + ggml_nelements(result)};
    }

private:
    Graph graph_{64};
    std::vector<std::function<void()>> fills_;
};

void expect_near(const std::vector<float> & actual, const std::vector<float> & expected, double tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_NEAR(static_cast<double>(actual[i]), static_cast<double>(expected[i]), tolerance) << "element " << i;
    }
}

// Values in [-1, 1) without a pattern.
std::vector<float> mixed(size_t n, uint32_t seed) {
    std::vector<float> values(n);
    uint32_t state = seed * 2654435761u + 1;
    for (float & value : values) {
        state = state * 1664525u + 1013904223u;
        value = static_cast<float>(state >> 8) / 8388608.0f - 1.0f;
    }
    return values;
}

TEST(Layers, rms_norm_gives_the_values_of_the_reference) {
    LayerRun run;
    ggml_tensor * y = rms_norm(run.context(), run.input({1, -2, 3, 0}, 4), run.input({1, 2, 0.5, 1}, 4), 1e-5f);
    expect_near(run.compute(y), {0.5345217f, -2.1380868f, 0.8017825f, 0.0f}, 1e-6);
}

TEST(Layers, rope_gives_the_values_of_the_reference) {
    LayerRun run;
    ggml_tensor * x = run.input({1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8}, 8, 1, 2);
    ggml_tensor * y = rope(run.context(), x, run.rotation({0, 3}, 8));
    expect_near(run.compute(y),
                {1, 2, 3, 4, 5, 6, 7, 8,  //
                 -1.6955925f, 0.1375518f, 2.7886815f, 3.9759822f, -4.8088427f, 6.3230600f, 7.0868368f, 8.0119638f},
                1e-5);
}

TEST(Layers, rope_of_far_positions_is_accurate) {
    const int32_t position = 3071;
    const int64_t D = 128;
    const std::vector<float> x = mixed(static_cast<size_t>(D), 1);
    LayerRun run;
    const std::vector<float> y = run.compute(rope(run.context(), run.input(x, D), run.rotation({position}, D)));
    std::vector<float> expected(x.size());
    for (size_t i = 0; i < 64; ++i) {
        const double angle = position * std::pow(10000.0, -static_cast<double>(i) / 64.0);
        expected[i] = static_cast<float>(x[i] * std::cos(angle) - x[i + 64] * std::sin(angle));
        expected[i + 64] = static_cast<float>(x[i + 64] * std::cos(angle) + x[i] * std::sin(angle));
    }
    expect_near(y, expected, 1e-4);  // an F32 angle of 3071 radians is known to 1.2e-4
}

TEST(Layers, gated_mlp_activates_the_first_half) {
    // gate = x, up = 10 x, down = identity.
    LayerRun run;
    ggml_tensor * gate_up = run.input({1, 0, 0, 1, 10, 0, 0, 10}, 2, 4);
    ggml_tensor * down = run.input({1, 0, 0, 1}, 2, 2);
    const Linear linear(run.graph(), nullptr, false);
    const std::vector<float> y =
        run.compute(gated_mlp(run.context(), linear, gate_up, down, run.input({1, -2, 0.5, 3}, 2, 2)));
    const auto expected = [](double x) { return static_cast<float>(10.0 * x * x / (1.0 + std::exp(-x))); };
    expect_near(y, {expected(1), expected(-2), expected(0.5), expected(3)}, 1e-5);
}

TEST(Layers, heads_of_views_the_rows_of_a_fused_projection) {
    LayerRun run;
    // Two columns of a q of two heads and a k of one head, each of width 2.
    ggml_tensor * qk = run.input({0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15}, 6, 2);
    ggml_tensor * k = ggml_cont(run.context(), heads_of(run.context(), qk, 4, 2, 1));
    EXPECT_EQ(k->ne[0], 2);
    EXPECT_EQ(k->ne[1], 1);
    EXPECT_EQ(k->ne[2], 2);
    expect_near(run.compute(k), {4, 5, 14, 15}, 0.0);
}

TEST(Layers, linear_gives_a_column_the_same_bits_alone_and_among_others) {
    const int64_t in = 48;
    const int64_t out = 20;
    const std::vector<float> weight = mixed(static_cast<size_t>(in * out), 1);
    const std::vector<float> x = mixed(static_cast<size_t>(in * 5), 2);
    const auto multiply = [&](int64_t n) {
        LayerRun run;
        return run.compute(
            linear(run.context(), run.input(weight, in, out), run.input({x.begin(), x.begin() + in * n}, in, n)));
    };
    const std::vector<float> all = multiply(5);
    for (int64_t n = 1; n < 5; ++n) {
        const std::vector<float> some = multiply(n);
        EXPECT_EQ(std::vector<float>(all.begin(), all.begin() + out * n), some) << n << " columns";
    }
}

struct Heads {
    int64_t D, A, K, T, S, B;
};

// softmax(q k + mask) v in F64. q [B][T][A][D], k, v [B][K][S][D], mask [B][T][S]
std::vector<float> plain_attention(const Heads & h, const std::vector<float> & q, const std::vector<float> & k,
                                   const std::vector<float> & v, const std::vector<float> & mask) {
    std::vector<float> result;
    for (int64_t b = 0; b < h.B; ++b) {
        for (int64_t t = 0; t < h.T; ++t) {
            for (int64_t a = 0; a < h.A; ++a) {
                const int64_t key_head = a / (h.A / h.K);
                std::vector<double> weights;
                double sum = 0.0;
                for (int64_t s = 0; s < h.S; ++s) {
                    double score = static_cast<double>(mask[static_cast<size_t>((b * h.T + t) * h.S + s)]);
                    for (int64_t d = 0; d < h.D; ++d) {
                        score +=
                            static_cast<double>(q[static_cast<size_t>(((b * h.T + t) * h.A + a) * h.D + d)]) *
                            static_cast<double>(k[static_cast<size_t>(((b * h.K + key_head) * h.S + s) * h.D + d)]);
                    }
                    weights.push_back(std::exp(score));
                    sum += weights.back();
                }
                for (int64_t d = 0; d < h.D; ++d) {
                    double value = 0.0;
                    for (int64_t s = 0; s < h.S; ++s) {
                        value +=
                            weights[static_cast<size_t>(s)] / sum *
                            static_cast<double>(v[static_cast<size_t>(((b * h.K + key_head) * h.S + s) * h.D + d)]);
                    }
                    result.push_back(static_cast<float>(value));
                }
            }
        }
    }
    return result;
}

void check_attention(const Heads & h, bool masked) {
    const std::vector<float> q = mixed(static_cast<size_t>(h.D * h.A * h.T * h.B), 1);
    const std::vector<float> k = mixed(static_cast<size_t>(h.D * h.S * h.K * h.B), 2);
    const std::vector<float> v = mixed(static_cast<size_t>(h.D * h.S * h.K * h.B), 3);
    std::vector<float> mask(static_cast<size_t>(h.S * h.T * h.B), 0.0f);
    if (masked) {
        ASSERT_EQ(h.B, 1) << "one mask serves all sequences";
        for (size_t i = 0; i < mask.size(); ++i) {
            const size_t s = i % static_cast<size_t>(h.S);
            mask[i] = s > 1 + i / static_cast<size_t>(h.S) % 3 ? -INFINITY : 0.0f;
        }
    }
    LayerRun run;
    ggml_tensor * y = attention(run.context(), run.input(q, h.D, h.A, h.T, h.B), run.input(k, h.D, h.S, h.K, h.B),
                                run.input(v, h.D, h.S, h.K, h.B), masked ? run.input(mask, h.S, h.T) : nullptr)
                          .mixed;
    EXPECT_EQ(y->ne[0], h.D * h.A);
    EXPECT_EQ(y->ne[1], h.T * h.B);
    expect_near(run.compute(y), plain_attention(h, q, k, v, mask), 1e-5);
}

TEST(Layers, attention_of_many_positions_equals_the_plain_computation) {
    check_attention({6, 4, 2, 5, 9, 1}, false);
    check_attention({6, 4, 2, 5, 9, 1}, true);
    check_attention({10, 3, 1, 7, 16, 1}, true);
    check_attention({8, 2, 2, 3, 11, 2}, false);
}

TEST(Layers, attention_of_one_position_equals_the_plain_computation) {
    check_attention({6, 4, 2, 1, 9, 3}, false);
    check_attention({10, 3, 3, 1, 32, 1}, true);
    check_attention({2, 1, 1, 1, 1, 1}, false);
}

}  // namespace
}  // namespace dia
