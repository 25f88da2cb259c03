#include "dac/conv1d.h"

#include <ggml-cpp.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "backend/cpu_backend.h"
#include "backend/graph.h"
#include "hash_value.h"
#include "support/error.h"

namespace dia {
namespace {

using testing::hash_value;

struct Shape {
    int64_t in;
    int64_t out;
    int64_t kernel;
    int64_t stride = 1;
    int64_t dilation = 1;
    int64_t padding = 0;
    int64_t length = 1;
    bool transposed = false;

    std::string text() const {
        const auto number = [](int64_t value) { return static_cast<long long>(value); };
        return format("%s in %lld out %lld kernel %lld stride %lld dilation %lld padding %lld length %lld",
                      transposed ? "transposed" : "convolution", number(in), number(out), number(kernel),
                      number(stride), number(dilation), number(padding), number(length));
    }
};

// Weights and a signal of a shape, and what a plain implementation in double makes of them.
class Case {
public:
    explicit Case(const Shape & shape, ggml_type type = GGML_TYPE_F32) : shape_(shape) {
        const size_t n = static_cast<size_t>(shape.in * shape.out * shape.kernel);
        context_.reset(
            ggml_init({n * sizeof(float) + static_cast<size_t>(shape.in + shape.out) * 8 + 4096, nullptr, false}));
        weights_.weight = shape.transposed
                              ? ggml_new_tensor_3d(context_.get(), type, shape.in, shape.kernel, shape.out)
                              : ggml_new_tensor_3d(context_.get(), type, shape.kernel, shape.in, shape.out);
        weights_.bias = ggml_new_tensor_1d(context_.get(), GGML_TYPE_F32, shape.out);
        alpha_ = ggml_new_tensor_1d(context_.get(), GGML_TYPE_F32, shape.in);
        for (size_t i = 0; i < n; ++i) {
            // Of few bits, so that F16 holds it exactly.
            const float value =
                static_cast<float>(std::round(hash_value(1, static_cast<uint32_t>(i)) * 512.0) / 512.0);
            if (type == GGML_TYPE_F16) {
                host_data<ggml_fp16_t>(weights_.weight)[i] = ggml_fp32_to_fp16(value);
            } else {
                host_data<float>(weights_.weight)[i] = value;
            }
            values_.push_back(static_cast<double>(value));
        }
        fill(host_data<float>(weights_.bias), shape.out, 2);
        fill(host_data<float>(alpha_), shape.in, 3);
        for (int64_t i = 0; i < shape.in; ++i) {
            host_data<float>(alpha_)[i] += 1.5f;
        }
        x_.resize(static_cast<size_t>(shape.in * shape.length));
        fill(x_.data(), shape.in * shape.length, 4);
    }

    Conv1d conv() const {
        return shape_.transposed ? Conv1d::transposed(weights_, shape_.stride, shape_.padding)
                                 : Conv1d::convolution(weights_, shape_.stride, shape_.dilation, shape_.padding);
    }

    const DacConv & weights() const { return weights_; }
    const ggml_tensor * alpha() const { return alpha_; }
    std::vector<float> & x() { return x_; }

    std::vector<double> expected(bool snake, const std::vector<float> & residual, bool tanh) const {
        const int64_t length = conv().output_length(shape_.length);
        std::vector<double> y(static_cast<size_t>(shape_.out * length));
        for (int64_t o = 0; o < shape_.out; ++o) {
            for (int64_t t = 0; t < length; ++t) {
                y[static_cast<size_t>(o * length + t)] = static_cast<double>(host_data<float>(weights_.bias)[o]);
            }
            for (int64_t i = 0; i < shape_.in; ++i) {
                add_products(o, i, snake, y.data() + o * length, length);
            }
        }
        for (size_t i = 0; i < y.size(); ++i) {
            y[i] += residual.empty() ? 0.0 : static_cast<double>(residual[i]);
            y[i] = tanh ? std::tanh(y[i]) : y[i];
        }
        return y;
    }

private:
    static void fill(float * values, int64_t n, uint32_t seed) {
        for (int64_t i = 0; i < n; ++i) {
            values[i] = static_cast<float>(hash_value(seed, static_cast<uint32_t>(i)));
        }
    }

    double sample(int64_t channel, int64_t t, bool snake) const {
        const double value = static_cast<double>(x_[static_cast<size_t>(channel * shape_.length + t)]);
        if (!snake) {
            return value;
        }
        const double alpha = static_cast<double>(host_data<float>(alpha_)[channel]);
        return value + std::sin(alpha * value) * std::sin(alpha * value) / (alpha + 1e-9);
    }

    void add_products(int64_t o, int64_t i, bool snake, double * y, int64_t length) const {
        for (int64_t k = 0; k < shape_.kernel; ++k) {
            if (shape_.transposed) {
                const double weight = values_[static_cast<size_t>((o * shape_.kernel + k) * shape_.in + i)];
                for (int64_t n = 0; n < shape_.length; ++n) {
                    const int64_t t = n * shape_.stride + k - shape_.padding;
                    if (t >= 0 && t < length) {
                        y[t] += weight * sample(i, n, snake);
                    }
                }
            } else {
                const double weight = values_[static_cast<size_t>((o * shape_.in + i) * shape_.kernel + k)];
                for (int64_t t = 0; t < length; ++t) {
                    const int64_t n = t * shape_.stride + k * shape_.dilation - shape_.padding;
                    if (n >= 0 && n < shape_.length) {
                        y[t] += weight * sample(i, n, snake);
                    }
                }
            }
        }
    }

    Shape shape_;
    ggml_context_ptr context_;
    DacConv weights_;
    ggml_tensor * alpha_ = nullptr;
    std::vector<double> values_;
    std::vector<float> x_;
};

// Runs the shares of `n_threads` threads, one after the other.
std::vector<float> run(const Conv1d & conv, const std::vector<float> & x, int64_t length,
                       const std::vector<float> & residual = {}, int n_threads = 1) {
    ConvWorkspace workspace;
    workspace.require(conv.workspace_floats());
    workspace.allocate(n_threads);
    std::vector<float> y(static_cast<size_t>(conv.n_outputs() * conv.output_length(length)), NAN);
    for (int i = 0; i < n_threads; ++i) {
        conv.run(x.data(), length, {0, conv.output_length(length) - 1},
                 residual.empty() ? nullptr : residual.data(), y.data(), i, n_threads, workspace.of_thread(i));
    }
    return y;
}

void expect_near(const std::vector<float> & actual, const std::vector<double> & expected, const Shape & shape) {
    ASSERT_EQ(actual.size(), expected.size()) << shape.text();
    const double tolerance = 5e-6 * std::sqrt(static_cast<double>(shape.in * shape.kernel)) + 1e-6;
    for (size_t i = 0; i < actual.size(); ++i) {
        ASSERT_NEAR(static_cast<double>(actual[i]), expected[i], tolerance) << shape.text() << ", value " << i;
    }
}

// Convolutions as the codec has them, and many others.
std::vector<Shape> shapes() {
    std::vector<Shape> all;
    for (int64_t channels : {1, 2, 3, 5, 8, 13, 48, 70}) {
        for (int64_t length : {1, 2, 15, 47, 48, 49, 97, 300}) {
            for (int64_t dilation : {1, 3, 9}) {
                all.push_back({channels, channels + 1, 7, 1, dilation, 3 * dilation, length});
            }
            all.push_back({channels, channels, 1, 1, 1, 0, length});
            all.push_back({channels, 1, 7, 1, 1, 3, length});
            all.push_back({1, channels, 3, 1, 1, 1, length});
            for (int64_t stride : {2, 4, 6, 8}) {
                all.push_back({channels, channels + 2, 2 * stride, stride, 1, stride / 2, length, true});
                all.push_back({channels, channels + 2, 2 * stride, stride, 1, stride / 2, length * stride});
            }
        }
    }
    for (int64_t kernel = 1; kernel <= 16; ++kernel) {
        for (int64_t padding : {int64_t{0}, kernel / 2, kernel - 1}) {
            all.push_back({4, 9, kernel, 1, 2, padding * 2, 60});
            all.push_back({4, 9, kernel, 3, 1, padding, 60});
        }
    }
    for (int64_t stride : {1, 3, 5, 16}) {
        all.push_back({7, 5, 2 * stride, stride, 1, (stride + 1) / 2, 33, true});
    }
    return all;
}

TEST(Conv1d, equals_a_plain_implementation_for_every_shape) {
    for (const Shape & shape : shapes()) {
        Case example(shape);
        expect_near(run(example.conv(), example.x(), shape.length), example.expected(false, {}, false), shape);
        if (HasFatalFailure()) {
            return;
        }
    }
}

TEST(Conv1d, folds_in_snake_residual_and_tanh) {
    for (const Shape & shape : {Shape{13, 10, 7, 1, 3, 9, 130}, Shape{70, 70, 1, 1, 1, 0, 55}}) {
        Case example(shape);
        std::vector<float> residual(static_cast<size_t>(shape.out * shape.length));
        for (size_t i = 0; i < residual.size(); ++i) {
            residual[i] = static_cast<float>(hash_value(5, static_cast<uint32_t>(i)));
        }
        Conv1d conv = example.conv().with_snake(example.alpha());
        expect_near(run(conv, example.x(), shape.length, residual), example.expected(true, residual, false), shape);
        conv.with_tanh();
        expect_near(run(conv, example.x(), shape.length, residual), example.expected(true, residual, true), shape);
    }
    for (const Shape & shape : {Shape{6, 3, 4, 2, 1, 1, 101, true}, Shape{3, 6, 8, 4, 1, 2, 400}}) {
        Case example(shape);
        const Conv1d conv = example.conv().with_snake(example.alpha());
        expect_near(run(conv, example.x(), shape.length), example.expected(true, {}, false), shape);
    }
}

TEST(Conv1d, widens_f16_weights_exactly) {
    for (const Shape & shape :
         {Shape{13, 10, 7, 1, 9, 27, 130}, Shape{70, 41, 1, 1, 1, 0, 55}, Shape{12, 7, 12, 6, 1, 3, 101, true},
          Shape{9, 17, 32, 16, 1, 8, 33, true}, Shape{3, 6, 8, 4, 1, 2, 400}}) {
        Case wide(shape, GGML_TYPE_F32);
        Case narrow(shape, GGML_TYPE_F16);
        EXPECT_EQ(run(wide.conv(), wide.x(), shape.length), run(narrow.conv(), narrow.x(), shape.length))
            << shape.text();
    }
}

TEST(Conv1d, gives_the_same_bits_for_any_number_of_threads) {
    for (const Shape & shape : shapes()) {
        if (shape.length != 300 && shape.length != 47) {
            continue;
        }
        Case example(shape);
        const Conv1d conv = example.conv().with_snake(example.alpha());
        const std::vector<float> alone = run(conv, example.x(), shape.length);
        for (int n_threads : {2, 3, 4, 7}) {
            ASSERT_EQ(run(conv, example.x(), shape.length, {}, n_threads), alone)
                << shape.text() << ", " << n_threads;
        }
    }
}

// Wide enough to be split by channel.
TEST(Conv1d, gives_the_same_bits_when_threads_share_the_channels) {
    const Shape shape = {16, 600, 7, 1, 1, 3, 60};
    Case example(shape);
    const std::vector<float> alone = run(example.conv(), example.x(), shape.length);
    expect_near(alone, example.expected(false, {}, false), shape);
    for (int n_threads : {2, 3, 4}) {
        EXPECT_EQ(run(example.conv(), example.x(), shape.length, {}, n_threads), alone) << n_threads;
    }
}

// So many channels that the scratch holds one tile at a time.
TEST(Conv1d, gives_the_same_bits_when_a_signal_takes_many_stretches) {
    const Shape shape = {6000, 3, 3, 1, 1, 1, 333};
    Case example(shape);
    const std::vector<float> whole = run(example.conv(), example.x(), shape.length);
    expect_near(whole, example.expected(false, {}, false), shape);
    EXPECT_EQ(run(example.conv(), example.x(), shape.length, {}, 4), whole);
}

TEST(Conv1d, gives_a_sample_the_same_bits_wherever_it_lies) {
    const Shape shape = {5, 9, 7, 1, 3, 9, 200};
    Case example(shape);
    const Conv1d conv = example.conv().with_snake(example.alpha());
    const std::vector<float> whole = run(conv, example.x(), shape.length);
    for (int64_t first = 0; first < 100; ++first) {
        const int64_t length = 60 + first % 41;
        std::vector<float> part;
        for (int64_t i = 0; i < shape.in; ++i) {
            const auto begin = example.x().begin() + i * shape.length + first;
            part.insert(part.end(), begin, begin + length);
        }
        const std::vector<float> y = run(conv, part, length);
        const int64_t reach = shape.padding;
        for (int64_t o = 0; o < shape.out; ++o) {
            const float * expected = whole.data() + o * shape.length + first + reach;
            const float * actual = y.data() + o * length + reach;
            ASSERT_EQ(std::memcmp(actual, expected, static_cast<size_t>(length - 2 * reach) * sizeof(float)), 0)
                << "first " << first << " length " << length << " channel " << o;
        }
    }
}

TEST(Conv1d, computes_any_range_of_its_output) {
    for (const Shape & shape : {Shape{5, 9, 7, 1, 3, 9, 120}, Shape{5, 9, 8, 4, 1, 2, 400},
                                Shape{5, 3, 8, 4, 1, 2, 40, true}, Shape{5, 3, 4, 2, 1, 1, 60, true}}) {
        Case example(shape);
        const Conv1d conv = example.conv().with_snake(example.alpha());
        const int64_t length = conv.output_length(shape.length);
        const std::vector<float> whole = run(conv, example.x(), shape.length);
        ConvWorkspace workspace;
        workspace.require(conv.workspace_floats());
        workspace.allocate(1);
        for (int64_t first = 0; first < length; first += 7) {
            for (int64_t last = first; last < length; last += 13) {
                const SampleRange range = {first, last};
                std::vector<float> part(static_cast<size_t>(shape.out * range.size()), NAN);
                conv.run(example.x().data(), shape.length, range, nullptr, part.data(), 0, 1,
                         workspace.of_thread(0));
                for (int64_t o = 0; o < shape.out; ++o) {
                    ASSERT_EQ(std::memcmp(part.data() + o * range.size(), whole.data() + o * length + first,
                                          static_cast<size_t>(range.size()) * sizeof(float)),
                              0)
                        << shape.text() << ", samples " << first << " to " << last << " of channel " << o;
                }
            }
        }
    }
}

TEST(Conv1d, transposes_as_the_reference_does) {
    ggml_context_ptr context(ggml_init({4096, nullptr, false}));
    DacConv weights = {ggml_new_tensor_3d(context.get(), GGML_TYPE_F32, 1, 4, 1),
                       ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, 1)};
    for (int i = 0; i < 4; ++i) {
        host_data<float>(weights.weight)[i] = static_cast<float>(i + 1);
    }
    host_data<float>(weights.bias)[0] = 0.0f;
    const std::vector<float> expected = {2, 13, 24, 130, 240, 300};
    EXPECT_EQ(run(Conv1d::transposed(weights, 2, 1), {1, 10, 100}, 3), expected);
}

TEST(Conv1d, knows_which_inputs_an_output_depends_on) {
    for (const Shape & shape :
         {Shape{1, 1, 7, 1, 9, 27, 200}, Shape{1, 1, 8, 4, 1, 2, 200}, Shape{1, 1, 8, 4, 1, 2, 50, true}}) {
        Case example(shape);
        const Conv1d conv = example.conv();
        const std::vector<float> before = run(conv, example.x(), shape.length);
        const int64_t middle = shape.length / 2;
        example.x()[static_cast<size_t>(middle)] += 1.0f;
        const std::vector<float> after = run(conv, example.x(), shape.length);
        for (size_t t = 0; t < after.size(); ++t) {
            const SampleRange inputs = conv.inputs_of({static_cast<int64_t>(t), static_cast<int64_t>(t)});
            if (middle < inputs.first || middle > inputs.last) {
                EXPECT_EQ(after[t], before[t]) << shape.text() << ", sample " << t;
            } else if (shape.dilation == 1) {
                EXPECT_NE(after[t], before[t]) << shape.text() << ", sample " << t;
            }
        }
    }
}

TEST(ConvNode, runs_in_a_graph_and_adds_in_place) {
    const Shape shape = {6, 6, 7, 1, 1, 3, 100};
    Case example(shape);
    ConvWorkspace workspace;
    ConvNode first(example.conv(), workspace);
    ConvNode second(example.conv().with_snake(example.alpha()), workspace);
    ConvNode third(example.conv().with_tanh(), workspace);
    CpuBackend backend(2);
    workspace.allocate(backend.n_threads());

    Graph graph(8);
    ggml_tensor * x = graph.input(GGML_TYPE_F32, shape.length, shape.in);
    ggml_tensor * y = first.build(graph.context(), x);
    graph.add_output(third.build_residual(graph.context(), second.build(graph.context(), y), y));
    graph.allocate();
    std::memcpy(x->data, example.x().data(), example.x().size() * sizeof(float));
    backend.compute(graph.nodes());

    const std::vector<float> residual = run(first.conv(), example.x(), shape.length);
    const std::vector<float> expected =
        run(third.conv(), run(second.conv(), residual, shape.length), shape.length, residual);
    EXPECT_EQ(std::memcmp(y->data, expected.data(), expected.size() * sizeof(float)), 0);
}

}  // namespace
}  // namespace dia
