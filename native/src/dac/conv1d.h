// One-dimensional convolutions of the codec, direct rather than through a matrix of copies: a stretch of the input
// is copied once, padded and passed through Snake, into a scratch that stays in the cache, and every output of that
// stretch is computed from it by conv_tile. Weights are used where they lie; F16 ones are widened block by block.
//
// A signal is [channels][time], time fastest (ggml: [T, ch]). An output sample has the same bits whatever the
// length of the signal, its place in it, and the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dac/dac_weights.h"
#include "dac/snake.h"

struct ggml_context;

namespace dia {

struct TileSteps;

// Floats that the threads of one codec compute in: its size is known before the first run, so that running
// neither allocates nor throws.
class ConvWorkspace {
public:
    // Makes room for `n_floats` on each thread.
    void require(int64_t n_floats);
    void allocate(int32_t n_threads);

    size_t n_bytes() const noexcept { return floats_.size() * sizeof(float); }

    float * of_thread(int ith) noexcept;

private:
    int64_t stride_ = 0;  // floats of one thread
    std::vector<float> floats_;
};

// The samples `first` to `last` of a signal.
struct SampleRange {
    int64_t first;
    int64_t last;

    int64_t size() const { return last - first + 1; }
};

class Conv1d {
public:
    // y[o, t] = bias[o] + sum of w[o, i, k] x[i, t stride + k dilation - padding]. Strided ones are not dilated.
    static Conv1d convolution(const DacConv & weights, int64_t stride, int64_t dilation, int64_t padding);

    // y[o, n stride + k - padding] += w[o, i, k] x[i, n], with a kernel of twice the stride.
    static Conv1d transposed(const DacConv & weights, int64_t stride, int64_t padding);

    // Applies Snake to the input. `alpha` is F32 [in].
    Conv1d & with_snake(const ggml_tensor * alpha);

    // Applies tanh to the output.
    Conv1d & with_tanh();

    int64_t n_outputs() const { return n_outputs_; }

    // Samples that `n_samples` of input become.
    int64_t output_length(int64_t n_samples) const;

    // Inputs that a range of outputs depends on, ignoring the ends of the signal.
    SampleRange inputs_of(SampleRange outputs) const;

    // Floats of scratch that run() needs on each thread.
    int64_t workspace_floats() const;

    // Computes this thread's share of y [out][outputs.size()], a range of the output, from x [in][n_samples],
    // adding `residual` (of the shape of y, and possibly y itself) unless it is null.
    void run(const float * x, int64_t n_samples, SampleRange outputs, const float * residual, float * y, int ith,
             int nth, float * workspace) const noexcept;

private:
    enum class Kind { direct, strided, transposed };

    struct Output {
        float * y;
        const float * residual;
        SampleRange range;
    };

    Conv1d() = default;

    void refer_to(const DacConv & weights);

    int64_t n_rows() const;
    int64_t n_channels() const;
    int64_t halo() const;
    int64_t row_floats() const;
    int64_t raw_floats() const;
    int64_t widened_floats() const;
    int64_t tiles_per_stretch() const;
    SampleRange positions_of(SampleRange outputs) const;
    int64_t weight_offset(int64_t channel) const;
    TileSteps steps() const;

    void fill(const float * x, int64_t n_samples, int64_t position, int64_t count, float * raw, float * rows) const;
    void fill_row(const float * x, int64_t n_samples, int64_t first, int64_t count, int64_t channel, float * raw,
                  float * row) const;
    void point_at_weights(int64_t first_channel, const TileSteps & steps, float * widened, const float ** weights,
                          float * bias) const;
    bool writes_directly(int64_t channel, int64_t position, int64_t n_vectors, SampleRange outputs) const;
    void write(const float * tile, int64_t first_channel, int64_t position, const Output & output) const;
    void write_channel(const float * samples, int64_t channel, int64_t position, const Output & output) const;
    void write_phase(const float * samples, int64_t channel, int64_t position, const Output & output) const;

    Kind kind_ = Kind::direct;
    int64_t n_inputs_ = 0;
    int64_t n_outputs_ = 0;
    int64_t kernel_ = 0;
    int64_t stride_ = 1;
    int64_t dilation_ = 1;
    int64_t padding_ = 0;
    const ggml_tensor * weight_ = nullptr;
    const float * bias_ = nullptr;
    std::vector<SnakeParams> snake_;  // one per input channel, or empty
    bool tanh_ = false;
};

// An undilated or dilated convolution with an odd kernel and stride 1 that keeps the length of the signal.
Conv1d same_convolution(const DacConv & weights, int64_t dilation);

// A convolution in a graph, which refers to it: it stays where it is, and both it and the workspace outlive the
// graph. Of the graphs that it was built into, only the newest may run.
class ConvNode {
public:
    ConvNode(Conv1d conv, ConvWorkspace & workspace);
    ConvNode(const ConvNode &) = delete;
    ConvNode & operator=(const ConvNode &) = delete;

    const Conv1d & conv() const { return conv_; }

    // x F32 [T, in] -> F32 [output_length(T), out]
    ggml_tensor * build(ggml_context * context, ggml_tensor * x);

    // A range of the output only: F32 [outputs.size(), out].
    ggml_tensor * build(ggml_context * context, ggml_tensor * x, SampleRange outputs);

    // The whole output, added to `residual` in its memory.
    ggml_tensor * build_residual(ggml_context * context, ggml_tensor * x, ggml_tensor * residual);

private:
    static void run(ggml_tensor * result, int ith, int nth, void * node);

    Conv1d conv_;
    ConvWorkspace * workspace_;
    SampleRange outputs_ = {0, -1};  // of the node built last
};

}  // namespace dia
