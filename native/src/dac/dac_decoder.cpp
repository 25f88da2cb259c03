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

}  // namespace

DacDecoder::Block::Block(const DacBlock & weights, int64_t stride, ConvWorkspace & workspace)
    : conv_t(Conv1d::transposed(weights.conv, stride, stride / 2).with_snake(weights.snake), workspace) {
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

ggml_tensor * DacDecoder::build(Graph & graph, ggml_tensor * latent, DacTaps * taps) {
    ggml_context * context = graph.context();
    ggml_tensor * signal = conv1_.build(context, latent);  // [T, ch]
    tap(graph, taps, "conv1", signal);
    for (size_t i = 0; i < blocks_.size(); ++i) {
        const std::string index = std::to_string(i);
        signal = blocks_[i].conv_t.build(context, signal);  // [T r_0 ... r_i, ch / 2]
        tap(graph, taps, "conv_t_" + index, signal);
        for (ResidualUnit & unit : blocks_[i].res_units) {
            signal = unit.build(context, signal);
        }
        tap(graph, taps, "block_" + index, signal);
    }
    signal = conv2_.build(context, signal);  // [T H, 1]
    graph.add_output(signal);
    return signal;
}

size_t DacDecoder::n_tensors() const {
    const size_t per_block = 1 + 2 * std::size(ResidualUnit::kDilations);
    return 2 + blocks_.size() * per_block;
}

// Walks back from the samples of frame 0 to the frames that they come from.
DacContext DacDecoder::context() const {
    Conv1d::Range range = conv2_.conv().inputs_of({0, hop_length_ - 1});
    for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
        for (auto unit = block->res_units.rbegin(); unit != block->res_units.rend(); ++unit) {
            range = unit->inputs_of(range);
        }
        range = block->conv_t.conv().inputs_of(range);
    }
    range = conv1_.conv().inputs_of(range);
    return {std::max<int64_t>(0, -range.first), std::max<int64_t>(0, range.last)};
}

}  // namespace dia
