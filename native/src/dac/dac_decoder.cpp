#include "dac/dac_decoder.h"

#include <algorithm>
#include <cassert>

#include "ggml.h"

namespace dia {

namespace {

void tap(Graph & graph, DacTaps * taps, const std::string & name, ggml_tensor * signal) {
    if (taps != nullptr) {
        // A copy: the residual units work in place.
        ggml_tensor * copy = ggml_dup(graph.context(), signal);
        graph.add_output(copy);
        taps->emplace_back(name, copy);
    }
}

// What of a signal of `length` samples lies in a range.
SampleRange clip(SampleRange range, int64_t length) {
    return {std::max<int64_t>(range.first, 0), std::min(range.last, length - 1)};
}

// A range in the coordinates of a signal that begins at `origin`.
SampleRange relative_to(SampleRange range, int64_t origin) {
    return {range.first - origin, range.last - origin};
}

}  // namespace

DacDecoder::Block::Block(const DacBlock & weights, int64_t upsampling_ratio, ConvWorkspace & workspace)
    : stride(upsampling_ratio),
      conv_t(Conv1d::transposed(weights.conv, stride, stride / 2).with_snake(weights.snake), workspace) {
    for (size_t i = 0; i < weights.res_units.size(); ++i) {
        res_units.emplace_back(weights.res_units[i], ResidualUnit::kDilations[i], workspace);
    }
}

DacDecoder::DacDecoder(const DacDecoderWeights & weights, span<const int32_t> upsampling_ratios,
                       ConvWorkspace & workspace)
    : conv1_(same_convolution(weights.conv1, 1), workspace),
      conv2_(same_convolution(weights.conv2, 1).with_snake(weights.snake).with_tanh(), workspace) {
    assert(weights.blocks.size() == upsampling_ratios.size());
    for (size_t i = 0; i < weights.blocks.size(); ++i) {
        blocks_.emplace_back(weights.blocks[i], upsampling_ratios[i], workspace);
        hop_length_ *= upsampling_ratios[i];
    }
}

ggml_tensor * DacDecoder::build(Graph & graph, ggml_tensor * latent, SampleRange frames, DacTaps * taps) {
    ggml_context * context = graph.context();
    const Extent wanted = extent(frames, latent->ne[0]);
    ggml_tensor * signal = conv1_.build(context, latent, wanted.conv1);  // [T, ch]
    tap(graph, taps, "conv1", signal);
    int64_t origin = wanted.conv1.first;  // of the signal
    for (size_t i = 0; i < blocks_.size(); ++i) {
        const std::string index = std::to_string(i);
        Block & block = blocks_[i];
        const SampleRange outputs = relative_to(wanted.blocks[i], origin * block.stride);
        signal = block.conv_t.build(context, signal, outputs);  // [T r_0 ... r_i, ch / 2]
        tap(graph, taps, "conv_t_" + index, signal);
        for (ResidualUnit & unit : block.res_units) {
            signal = unit.build(context, signal);
        }
        tap(graph, taps, "block_" + index, signal);
        origin = wanted.blocks[i].first;
    }
    signal = conv2_.build(context, signal, relative_to(wanted.samples, origin));  // [T H, 1]
    graph.add_output(signal);
    return signal;
}

// Walks back from the samples of the frames to the latent frames that they come from.
DacDecoder::Extent DacDecoder::extent(SampleRange frames, int64_t n_frames) const {
    Extent wanted;
    wanted.samples = {frames.first * hop_length_, (frames.last + 1) * hop_length_ - 1};
    wanted.blocks.resize(blocks_.size());
    SampleRange range = conv2_.conv().inputs_of(wanted.samples);
    int64_t length = n_frames * hop_length_;
    for (size_t i = blocks_.size(); i-- > 0;) {
        const Block & block = blocks_[i];
        for (auto unit = block.res_units.rbegin(); unit != block.res_units.rend(); ++unit) {
            range = unit->inputs_of(range);
        }
        wanted.blocks[i] = clip(range, length);
        range = block.conv_t.conv().inputs_of(wanted.blocks[i]);
        length /= block.stride;
    }
    wanted.conv1 = clip(range, n_frames);
    wanted.latent = conv1_.conv().inputs_of(wanted.conv1);
    return wanted;
}

size_t DacDecoder::n_tensors() const {
    const size_t per_block = 1 + 2 * std::size(ResidualUnit::kDilations);
    return 2 + blocks_.size() * per_block;
}

DacContext DacDecoder::context() const {
    constexpr int64_t middle = 1 << 20;  // of a clip so long that its ends do not matter
    const SampleRange latent = extent({middle, middle}, 2 * middle).latent;
    return {middle - latent.first, latent.last - middle};
}

}  // namespace dia
