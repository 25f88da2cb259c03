#include "dac/dac_encoder.h"

#include <algorithm>
#include <cassert>

#include "ggml.h"

namespace dia {

DacEncoder::Block::Block(const DacBlock & weights, int64_t stride, ConvWorkspace & workspace)
    : conv(Conv1d::convolution(weights.conv, stride, 1, stride / 2).with_snake(weights.snake), workspace) {
    for (size_t i = 0; i < weights.res_units.size(); ++i) {
        res_units.emplace_back(weights.res_units[i], ResidualUnit::kDilations[i], workspace);
    }
}

DacEncoder::DacEncoder(const DacEncoderWeights & weights, span<const int32_t> downsampling_ratios,
                       ConvWorkspace & workspace)
    : conv1_(same_convolution(weights.conv1, 1), workspace),
      conv2_(same_convolution(weights.conv2, 1).with_snake(weights.snake), workspace) {
    assert(weights.blocks.size() == downsampling_ratios.size());
    for (size_t i = 0; i < weights.blocks.size(); ++i) {
        blocks_.emplace_back(weights.blocks[i], downsampling_ratios[i], workspace);
        hop_length_ *= downsampling_ratios[i];
    }
}

ggml_tensor * DacEncoder::build(Graph & graph, ggml_tensor * samples) {
    ggml_context * context = graph.context();
    ggml_tensor * signal = conv1_.build(context, samples);  // [T H, ch]
    for (Block & block : blocks_) {
        for (ResidualUnit & unit : block.res_units) {
            signal = unit.build(context, signal);
        }
        signal = block.conv.build(context, signal);  // [T H / (r_0 ... r_i), 2 ch]
    }
    signal = conv2_.build(context, signal);  // [T, hidden_size]
    graph.add_output(signal);
    return signal;
}

size_t DacEncoder::n_tensors() const {
    const size_t per_block = 1 + 2 * std::size(ResidualUnit::kDilations);
    return 2 + blocks_.size() * per_block;
}

// Walks back from latent frame 0 to the samples that it comes from.
DacContext DacEncoder::context() const {
    SampleRange range = conv2_.conv().inputs_of({0, 0});
    for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) {
        range = block->conv.conv().inputs_of(range);
        for (auto unit = block->res_units.rbegin(); unit != block->res_units.rend(); ++unit) {
            range = unit->inputs_of(range);
        }
    }
    range = conv1_.conv().inputs_of(range);
    const int64_t samples_before = std::max<int64_t>(0, -range.first);
    const int64_t samples_after = std::max<int64_t>(0, range.last + 1 - hop_length_);
    return {(samples_before + hop_length_ - 1) / hop_length_, (samples_after + hop_length_ - 1) / hop_length_};
}

}  // namespace dia
