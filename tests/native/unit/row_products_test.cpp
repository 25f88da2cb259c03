#include "kernels/row_products.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "backend/cpu_backend.h"
#include "backend/graph.h"
#include "model/row_linear.h"

namespace dia {
namespace {

// Numbers from 0 to 2^24 - 1 without a pattern.
class Mixer {
public:
    explicit Mixer(uint32_t seed) : state_(seed * 2654435761u + 1) {}
    uint32_t next() {
        state_ = state_ * 1664525u + 1013904223u;
        return state_ >> 8;
    }

private:
    uint32_t state_;
};

// Weights of a type, and what they stand for.
struct Weights {
    std::vector<char> data;
    std::vector<float> values;

    Weights(ggml_type type, int64_t width, int64_t rows) : values(static_cast<size_t>(width * rows)) {
        Mixer mixer(static_cast<uint32_t>(type));
        for (float & value : values) {
            value = static_cast<float>(mixer.next()) / 8388608.0f - 1.0f;
        }
        data.resize(ggml_row_size(type, width) * static_cast<size_t>(rows));
        ggml_quantize_chunk(type, values.data(), data.data(), 0, rows, width, nullptr);
        if (type != GGML_TYPE_F32) {
            ggml_get_type_traits(type)->to_float(data.data(), values.data(), width * rows);
        }
    }
};

// Whole numbers up to 127, which is among every 32 of them: as bytes they are themselves.
std::vector<float> whole_numbers(int64_t width, int64_t columns) {
    std::vector<float> x(static_cast<size_t>(width * columns));
    Mixer mixer(7);
    for (size_t i = 0; i < x.size(); ++i) {
        const bool is_largest = static_cast<int64_t>(i) % width % 32 == 5;
        x[i] = is_largest ? -127.0f : static_cast<float>(mixer.next() % 255) - 127.0f;
    }
    return x;
}

std::vector<float> product(ggml_type type, const Weights & weights, int64_t width, int64_t rows,
                           const std::vector<float> & x, int64_t columns, int32_t n_threads) {
    Graph graph(16);
    ggml_tensor * w = graph.input(type, width, rows);
    ggml_tensor * input = graph.input(GGML_TYPE_F32, width, columns);
    RowLinear linear(n_threads);
    ggml_tensor * y = linear.multiply(graph.context(), w, input);
    graph.add_output(y);
    graph.allocate();
    linear.allocate();
    std::memcpy(w->data, weights.data.data(), weights.data.size());
    std::copy(x.begin(), x.end(), host_data<float>(input));
    CpuBackend(n_threads).compute(graph.nodes());
    return floats_of(y);
}

class RowProducts : public ::testing::TestWithParam<ggml_type> {
protected:
    static int64_t width() { return 3 * ggml_blck_size(GetParam()) + (ggml_is_quantized(GetParam()) ? 0 : 40); }
};

constexpr int64_t kRows = 137;

// Largest difference, relative to the sum of the magnitudes that were added.
TEST_P(RowProducts, are_sums_of_products) {
    const Weights weights(GetParam(), width(), kRows);
    for (const int64_t columns : {1, 2, 3, 4, 7, 70}) {
        const std::vector<float> x = whole_numbers(width(), columns);
        const std::vector<float> y = product(GetParam(), weights, width(), kRows, x, columns, 1);
        double worst = 0.0;
        for (int64_t c = 0; c < columns; ++c) {
            for (int64_t r = 0; r < kRows; ++r) {
                double expected = 0.0;
                double magnitude = 0.0;
                for (int64_t i = 0; i < width(); ++i) {
                    const double term = static_cast<double>(weights.values[static_cast<size_t>(r * width() + i)]) *
                                        static_cast<double>(x[static_cast<size_t>(c * width() + i)]);
                    expected += term;
                    magnitude += std::fabs(term);
                }
                const double actual = static_cast<double>(y[static_cast<size_t>(c * kRows + r)]);
                worst = std::max(worst, std::fabs(actual - expected) / magnitude);
            }
        }
        std::printf("%-6s %2lld columns: largest difference %.1e of the sum of magnitudes\n",
                    ggml_type_name(GetParam()), static_cast<long long>(columns), worst);
        EXPECT_LT(worst, 1e-6) << columns << " columns";
    }
}

TEST_P(RowProducts, do_not_depend_on_other_columns_nor_on_threads) {
    constexpr int64_t kColumns = 9;
    const Weights weights(GetParam(), width(), kRows);
    std::vector<float> x(static_cast<size_t>(width() * kColumns));
    Mixer mixer(3);
    for (float & value : x) {
        value = static_cast<float>(mixer.next()) / 8388608.0f - 1.0f;
    }
    const std::vector<float> together = product(GetParam(), weights, width(), kRows, x, kColumns, 1);
    EXPECT_EQ(product(GetParam(), weights, width(), kRows, x, kColumns, 3), together);
    for (int64_t c = 0; c < kColumns; ++c) {
        const std::vector<float> column(x.begin() + c * width(), x.begin() + (c + 1) * width());
        const std::vector<float> alone = product(GetParam(), weights, width(), kRows, column, 1, 2);
        EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + c * kRows)) << "column " << c;
    }
}

// The error of rounding activations to bytes, beside that of ggml's own product.
TEST_P(RowProducts, round_activations_no_worse_than_ggml) {
    constexpr int64_t kColumns = 2;
    const Weights weights(GetParam(), width(), kRows);
    std::vector<float> x(static_cast<size_t>(width() * kColumns));
    Mixer mixer(11);
    for (float & value : x) {
        value = static_cast<float>(mixer.next()) / 8388608.0f - 1.0f;
    }
    const std::vector<float> ours = product(GetParam(), weights, width(), kRows, x, kColumns, 1);

    Graph graph(16);
    ggml_tensor * w = graph.input(GetParam(), width(), kRows);
    ggml_tensor * input = graph.input(GGML_TYPE_F32, width(), kColumns);
    ggml_tensor * y = ggml_mul_mat(graph.context(), w, input);
    graph.add_output(y);
    graph.allocate();
    std::memcpy(w->data, weights.data.data(), weights.data.size());
    std::copy(x.begin(), x.end(), host_data<float>(input));
    CpuBackend(1).compute(graph.nodes());
    const std::vector<float> theirs = floats_of(y);

    double squares = 0.0, our_error = 0.0, their_error = 0.0;
    for (int64_t c = 0; c < kColumns; ++c) {
        for (int64_t r = 0; r < kRows; ++r) {
            double exact = 0.0;
            for (int64_t i = 0; i < width(); ++i) {
                exact += static_cast<double>(weights.values[static_cast<size_t>(r * width() + i)]) *
                         static_cast<double>(x[static_cast<size_t>(c * width() + i)]);
            }
            const size_t i = static_cast<size_t>(c * kRows + r);
            squares += exact * exact;
            our_error += std::pow(static_cast<double>(ours[i]) - exact, 2);
            their_error += std::pow(static_cast<double>(theirs[i]) - exact, 2);
        }
    }
    std::printf("%-6s relative RMS error %.2e, ggml %.2e\n", ggml_type_name(GetParam()),
                std::sqrt(our_error / squares), std::sqrt(their_error / squares));
    EXPECT_LT(std::sqrt(our_error / squares), 1.05 * std::sqrt(their_error / squares) + 1e-6);
}

TEST_P(RowProducts, of_what_is_not_a_number_are_not_numbers) {
    const Weights weights(GetParam(), width(), kRows);
    std::vector<float> x = whole_numbers(width(), 2);
    x[3] = NAN;
    const std::vector<float> y = product(GetParam(), weights, width(), kRows, x, 2, 1);
    for (int64_t r = 0; r < kRows; ++r) {
        EXPECT_TRUE(std::isnan(y[static_cast<size_t>(r)])) << "row " << r;
        EXPECT_FALSE(std::isnan(y[static_cast<size_t>(kRows + r)])) << "row " << r << " of the other column";
    }
}

INSTANTIATE_TEST_SUITE_P(Types, RowProducts,
                         ::testing::Values(GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0,
                                           GGML_TYPE_Q6_K, GGML_TYPE_Q5_K, GGML_TYPE_Q5_0, GGML_TYPE_Q4_K,
                                           GGML_TYPE_Q4_0, GGML_TYPE_IQ4_NL),
                         [](const ::testing::TestParamInfo<ggml_type> & type) {
                             return std::string(ggml_type_name(type.param));
                         });

}  // namespace
}  // namespace dia
