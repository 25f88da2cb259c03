// Three kinds of convolution become one sum (conv_tile.h) by the way in which the scratch is filled:
//
//   direct      a row per input channel; a tap reads the row `dilation` samples further on.
//   strided     a row per input channel and tap, holding every stride-th sample; no taps.
//   transposed  a row per input channel; the outputs n stride ... n stride + stride - 1 - padding are `stride`
//               channels of their own, each with two taps: x[n] and x[n - 1].
//
// "Position" is the index along a row: an output sample, or for transposed convolutions a group of `stride` ones.
// "Channel" is a row of the result at a position: an output channel, for transposed ones output * stride + phase.
#include "dac/conv1d.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "dac/conv_tile.h"
#include "ggml-cpu.h"
#include "support/simd.h"

namespace dia {

namespace {

// A stretch of scratch should stay in the second-level cache while the weights stream past it. Processors with the
// widest vectors have more of that than others.
constexpr int64_t kStretchBytes = (kLanes == 16 ? 1024 : 512) * 1024;

constexpr int64_t kCacheLineFloats = 16;

// A split over channels makes every thread fill the scratch; this many blocks each make up for it. It is worth that
// where there are few tiles: they seldom divide evenly, and half of them would need all of the weights.
constexpr int64_t kLeastBlocksPerThread = 8;
constexpr int64_t kMostTilesPerThread = 32;

int64_t divide_up(int64_t value, int64_t divisor) {
    return (value + divisor - 1) / divisor;
}

int64_t divide_down(int64_t value, int64_t divisor) {
    return value >= 0 ? value / divisor : -divide_up(-value, divisor);
}

int64_t round_up(int64_t value, int64_t multiple) {
    return divide_up(value, multiple) * multiple;
}

struct Share {
    int64_t begin;
    int64_t end;
};

Share share_of(int64_t count, int ith, int nth) {
    return {count * ith / nth, count * (ith + 1) / nth};
}

// Copies x[first, first + count) of a signal of n samples; what lies outside of it is zero.
void copy_padded(const float * x, int64_t n, int64_t first, int64_t count, float * to) {
    const int64_t begin = std::clamp<int64_t>(-first, 0, count);
    const int64_t end = std::clamp<int64_t>(n - first, begin, count);
    std::fill(to, to + begin, 0.0f);
    std::copy(x + first + begin, x + first + end, to + begin);
    std::fill(to + end, to + count, 0.0f);
}

// y = a + b. Vectors and single values are rounded alike.
void add(const float * a, const float * b, float * y, int64_t n) {
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        store(y + i, load(a + i) + load(b + i));
    }
    for (; i < n; ++i) {
        y[i] = a[i] + b[i];
    }
}

}  // namespace

void ConvWorkspace::require(int64_t n_floats) {
    stride_ = std::max(stride_, round_up(n_floats, kCacheLineFloats));
}

void ConvWorkspace::allocate(int32_t n_threads) {
    floats_.resize(static_cast<size_t>(stride_ * n_threads + kCacheLineFloats));
}

float * ConvWorkspace::of_thread(int ith) noexcept {
    constexpr uintptr_t line = kCacheLineFloats * sizeof(float);
    const uintptr_t misaligned = reinterpret_cast<uintptr_t>(floats_.data()) % line;
    return floats_.data() + (misaligned == 0 ? 0 : (line - misaligned) / sizeof(float)) + stride_ * ith;
}

Conv1d Conv1d::convolution(const DacConv & weights, int64_t stride, int64_t dilation, int64_t padding) {
    assert(stride == 1 || dilation == 1);
    Conv1d conv;
    conv.kind_ = stride == 1 ? Kind::direct : Kind::strided;
    conv.kernel_ = weights.weight->ne[0];
    conv.n_inputs_ = weights.weight->ne[1];
    conv.n_outputs_ = weights.weight->ne[2];
    conv.stride_ = stride;
    conv.dilation_ = dilation;
    conv.padding_ = padding;
    conv.refer_to(weights);
    return conv;
}

Conv1d Conv1d::transposed(const DacConv & weights, int64_t stride, int64_t padding) {
    assert(weights.weight->ne[1] == 2 * stride);
    Conv1d conv;
    conv.kind_ = Kind::transposed;
    conv.n_inputs_ = weights.weight->ne[0];
    conv.kernel_ = weights.weight->ne[1];
    conv.n_outputs_ = weights.weight->ne[2];
    conv.stride_ = stride;
    conv.padding_ = padding;
    conv.refer_to(weights);
    return conv;
}

void Conv1d::refer_to(const DacConv & weights) {
    weight_ = weights.weight;
    bias_ = static_cast<const float *>(weights.bias->data);
    if (weight_->type == GGML_TYPE_F16) {
        ggml_cpu_init();  // fills the table behind ggml_cpu_fp16_to_fp32
    }
}

Conv1d & Conv1d::with_snake(const ggml_tensor * alpha) {
    assert(alpha->ne[0] == n_inputs_);
    snake_.resize(static_cast<size_t>(n_inputs_));
    if (alpha->buffer != nullptr && !ggml_backend_buffer_is_host(alpha->buffer)) {
        return *this;  // weights of a GPU: the convolution knows its shape, and is not run
    }
    const float * values = static_cast<const float *>(alpha->data);
    std::transform(values, values + n_inputs_, snake_.begin(), SnakeParams::from_alpha);
    return *this;
}

Conv1d & Conv1d::with_tanh() {
    tanh_ = true;
    return *this;
}

int64_t Conv1d::output_length(int64_t n_samples) const {
    if (kind_ == Kind::transposed) {
        return (n_samples - 1) * stride_ + kernel_ - 2 * padding_;
    }
    return (n_samples + 2 * padding_ - dilation_ * (kernel_ - 1) - 1) / stride_ + 1;
}

SampleRange Conv1d::inputs_of(SampleRange outputs) const {
    if (kind_ == Kind::transposed) {
        return {divide_down(outputs.first + padding_, stride_) - 1, divide_down(outputs.last + padding_, stride_)};
    }
    return {outputs.first * stride_ - padding_, outputs.last * stride_ - padding_ + (kernel_ - 1) * dilation_};
}

// Rows of the scratch.
int64_t Conv1d::n_rows() const {
    return kind_ == Kind::strided ? n_inputs_ * kernel_ : n_inputs_;
}

int64_t Conv1d::n_channels() const {
    return kind_ == Kind::transposed ? n_outputs_ * stride_ : n_outputs_;
}

// Samples of a row that a position needs beside its own.
int64_t Conv1d::halo() const {
    switch (kind_) {
        case Kind::direct:
            return (kernel_ - 1) * dilation_;
        case Kind::strided:
            return 0;
        case Kind::transposed:
            return 1;
    }
    return 0;
}

// Tiles that are computed from one filling of the scratch.
int64_t Conv1d::tiles_per_stretch() const {
    const int64_t positions = kStretchBytes / static_cast<int64_t>(sizeof(float)) / n_rows() - halo();
    return std::max<int64_t>(1, positions / kTileSamples);
}

// Distance of two rows: an odd number of cache lines, so that the rows spread over the sets of the cache.
int64_t Conv1d::row_floats() const {
    const int64_t lines = divide_up(tiles_per_stretch() * kTileSamples + halo(), kCacheLineFloats);
    return (lines | 1) * kCacheLineFloats;
}

// Contiguous input samples behind one stretch.
int64_t Conv1d::raw_floats() const {
    if (kind_ == Kind::strided) {
        return round_up(tiles_per_stretch() * kTileSamples * stride_ + kernel_, kCacheLineFloats);
    }
    return row_floats();
}

// Weights that the channels of one tile span.
int64_t Conv1d::widened_floats() const {
    if (weight_->type == GGML_TYPE_F32) {
        return 0;
    }
    if (kind_ == Kind::transposed) {
        return (kTileOutputs / stride_ + 2) * kernel_ * n_inputs_;
    }
    return kTileOutputs * n_inputs_ * kernel_;
}

int64_t Conv1d::workspace_floats() const {
    return n_rows() * row_floats() + 2 * raw_floats() + round_up(kTileOutputs * kTileSamples, kCacheLineFloats) +
           widened_floats();
}

// Positions that a range of outputs spans.
SampleRange Conv1d::positions_of(SampleRange outputs) const {
    if (kind_ == Kind::transposed) {
        return {divide_down(outputs.first + padding_, stride_), divide_down(outputs.last + padding_, stride_)};
    }
    return outputs;
}

// Index of a channel's first weight.
int64_t Conv1d::weight_offset(int64_t channel) const {
    if (kind_ == Kind::transposed) {
        return (channel / stride_ * kernel_ + channel % stride_) * n_inputs_;
    }
    return channel * n_inputs_ * kernel_;
}

TileSteps Conv1d::steps() const {
    switch (kind_) {
        case Kind::direct:
            if (kernel_ > 1) {
                return {n_inputs_, kernel_, kernel_, row_floats(), dilation_};
            }
            break;
        case Kind::strided:
            break;
        case Kind::transposed:
            return {2, n_inputs_, stride_ * n_inputs_, -1, row_floats()};
    }
    return {1, n_rows(), 0, 0, row_floats()};
}

void Conv1d::run(const float * x, int64_t n_samples, SampleRange outputs, const float * residual, float * y,
                 int ith, int nth, float * workspace) const noexcept {
    float * rows = workspace;
    float * raw = rows + n_rows() * row_floats();
    float * tile = raw + 2 * raw_floats();
    float * widened = tile + round_up(kTileOutputs * kTileSamples, kCacheLineFloats);

    const TileSteps tile_steps = steps();
    const float * first_sample = rows + (kind_ == Kind::transposed ? 1 : 0);
    const Output output = {y, residual, outputs};

    const SampleRange positions = positions_of(outputs);
    const int64_t n_tiles = divide_up(positions.size(), kTileSamples);
    const int64_t n_blocks = divide_up(n_channels(), kTileOutputs);
    const bool by_channel = n_blocks >= kLeastBlocksPerThread * nth && n_tiles < kMostTilesPerThread * nth;
    const Share tiles = by_channel ? Share{0, n_tiles} : share_of(n_tiles, ith, nth);
    const Share blocks = by_channel ? share_of(n_blocks, ith, nth) : Share{0, n_blocks};

    const int64_t stretch = tiles_per_stretch();
    for (int64_t first = tiles.begin; first < tiles.end; first += stretch) {
        const int64_t count = std::min(stretch, tiles.end - first);
        const int64_t position = positions.first + first * kTileSamples;
        fill(x, n_samples, position, count * kTileSamples, raw, rows);
        for (int64_t block = blocks.begin; block < blocks.end; ++block) {
            const float * weights[kTileOutputs];
            float bias[kTileOutputs];
            const int64_t channel = block * kTileOutputs;
            point_at_weights(channel, tile_steps, widened, weights, bias);
            for (int64_t t = 0; t < count * kTileSamples; t += kTileSamples) {
                const int64_t n_vectors =
                    std::min<int64_t>(kTileVectors, divide_up(positions.last + 1 - (position + t), kLanes));
                if (writes_directly(channel, position + t, n_vectors, outputs)) {
                    const int64_t at = channel * outputs.size() + position + t - outputs.first;
                    conv_tile(tile_steps, weights, bias, first_sample + t, n_vectors,
                              {y + at, residual == nullptr ? nullptr : residual + at, outputs.size()});
                } else {
                    conv_tile(tile_steps, weights, bias, first_sample + t, n_vectors,
                              {tile, nullptr, kTileSamples});
                    write(tile, channel, position + t, output);
                }
            }
        }
    }
}

// Fills the scratch for `count` positions from `position` on.
void Conv1d::fill(const float * x, int64_t n_samples, int64_t position, int64_t count, float * raw,
                  float * rows) const {
    for (int64_t i = 0; i < n_inputs_; ++i) {
        const float * signal = x + i * n_samples;
        if (kind_ != Kind::strided) {
            const int64_t first = position - (kind_ == Kind::transposed ? 1 : padding_);
            fill_row(signal, n_samples, first, count + halo(), i, raw, rows + i * row_floats());
            continue;
        }
        float * samples = raw + raw_floats();
        fill_row(signal, n_samples, position * stride_ - padding_, count * stride_ + kernel_, i, raw, samples);
        for (int64_t k = 0; k < kernel_; ++k) {
            float * row = rows + (i * kernel_ + k) * row_floats();
            for (int64_t t = 0; t < count; ++t) {
                row[t] = samples[t * stride_ + k];
            }
        }
    }
}

// The input from sample `first` on, padded and through Snake.
void Conv1d::fill_row(const float * x, int64_t n_samples, int64_t first, int64_t count, int64_t channel,
                      float * raw, float * row) const {
    const int64_t whole = round_up(count, kLanes);
    if (snake_.empty()) {
        copy_padded(x, n_samples, first, whole, row);
    } else {
        copy_padded(x, n_samples, first, whole, raw);
        snake(raw, row, whole, snake_[static_cast<size_t>(channel)]);
    }
}

// Where the weights of the channels of one tile begin; channels beyond the last repeat it.
void Conv1d::point_at_weights(int64_t first_channel, const TileSteps & steps, float * widened,
                              const float ** weights, float * bias) const {
    int64_t offsets[kTileOutputs];
    for (int o = 0; o < kTileOutputs; ++o) {
        const int64_t channel = std::min(first_channel + o, n_channels() - 1);
        offsets[o] = weight_offset(channel);
        bias[o] = bias_[kind_ == Kind::transposed ? channel / stride_ : channel];
    }

    if (weight_->type == GGML_TYPE_F16) {
        const int64_t begin = *std::min_element(offsets, offsets + kTileOutputs);
        const int64_t last = *std::max_element(offsets, offsets + kTileOutputs);
        const int64_t end = last + (steps.n_outer - 1) * steps.weight_outer + steps.n_inner;
        ggml_cpu_fp16_to_fp32(static_cast<const ggml_fp16_t *>(weight_->data) + begin, widened, end - begin);
        for (int o = 0; o < kTileOutputs; ++o) {
            weights[o] = widened + (offsets[o] - begin);
        }
    } else {
        for (int o = 0; o < kTileOutputs; ++o) {
            weights[o] = static_cast<const float *>(weight_->data) + offsets[o];
        }
    }
}

// Whether a tile goes to its place as it is: all of it is wanted, and nothing is left to do to it.
bool Conv1d::writes_directly(int64_t channel, int64_t position, int64_t n_vectors, SampleRange outputs) const {
    return kind_ != Kind::transposed && !tanh_ && channel + kTileOutputs <= n_channels() &&
           position + n_vectors * kLanes <= outputs.last + 1;
}

// Writes the part of a tile that lies inside the range that is wanted.
void Conv1d::write(const float * tile, int64_t first_channel, int64_t position, const Output & output) const {
    const int64_t last_channel = std::min(first_channel + kTileOutputs, n_channels());
    for (int64_t channel = first_channel; channel < last_channel; ++channel, tile += kTileSamples) {
        if (kind_ == Kind::transposed) {
            write_phase(tile, channel, position, output);
        } else {
            write_channel(tile, channel, position, output);
        }
    }
}

void Conv1d::write_channel(const float * samples, int64_t channel, int64_t position, const Output & output) const {
    const int64_t at = channel * output.range.size() + position - output.range.first;
    const int64_t count = std::min<int64_t>(kTileSamples, output.range.last + 1 - position);
    float * y = output.y + at;
    if (output.residual != nullptr) {
        add(samples, output.residual + at, y, count);
    } else {
        std::copy(samples, samples + count, y);
    }
    if (tanh_) {
        std::transform(y, y + count, y, [](float value) { return std::tanh(value); });
    }
}

// Every stride-th sample of an output channel of a transposed convolution.
void Conv1d::write_phase(const float * samples, int64_t channel, int64_t position, const Output & output) const {
    float * y = output.y + channel / stride_ * output.range.size();
    int64_t sample = position * stride_ + channel % stride_ - padding_;
    for (int64_t t = 0; t < kTileSamples && sample <= output.range.last; ++t, sample += stride_) {
        if (sample >= output.range.first) {
            y[sample - output.range.first] = samples[t];
        }
    }
}

Conv1d same_convolution(const DacConv & weights, int64_t dilation) {
    const int64_t kernel = weights.weight->ne[0];
    assert(kernel % 2 == 1);
    return Conv1d::convolution(weights, 1, dilation, (kernel - 1) / 2 * dilation);
}

ConvNode::ConvNode(Conv1d conv, ConvWorkspace & workspace) : conv_(std::move(conv)), workspace_(&workspace) {
    workspace.require(conv_.workspace_floats());
}

ggml_tensor * ConvNode::build(ggml_context * context, ggml_tensor * x) {
    return build(context, x, {0, conv_.output_length(x->ne[0]) - 1});
}

ggml_tensor * ConvNode::build(ggml_context * context, ggml_tensor * x, SampleRange outputs) {
    outputs_ = outputs;
    ggml_tensor * arguments[] = {x};
    return ggml_custom_4d(context, GGML_TYPE_F32, outputs.size(), conv_.n_outputs(), 1, 1, arguments, 1, run,
                          GGML_N_TASKS_MAX, this);
}

ggml_tensor * ConvNode::build_residual(ggml_context * context, ggml_tensor * x, ggml_tensor * residual) {
    outputs_ = {0, residual->ne[0] - 1};
    ggml_tensor * arguments[] = {x};
    return ggml_custom_inplace(context, residual, arguments, 1, run, GGML_N_TASKS_MAX, this);
}

// The sources of the result are {x}, or {residual, x}.
void ConvNode::run(ggml_tensor * result, int ith, int nth, void * node) {
    const ConvNode & self = *static_cast<const ConvNode *>(node);
    const bool has_residual = result->src[1] != nullptr;
    const ggml_tensor * x = result->src[has_residual ? 1 : 0];
    const float * residual = has_residual ? static_cast<const float *>(result->src[0]->data) : nullptr;
    self.conv_.run(static_cast<const float *>(x->data), x->ne[0], self.outputs_, residual,
                   static_cast<float *>(result->data), ith, nth, self.workspace_->of_thread(ith));
}

}  // namespace dia
