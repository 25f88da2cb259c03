// The codec's decoder: latent frames become samples (HF: DacDecoder).
//
// T frames, H hop_length, ch channels, r_0 r_1 ... the upsampling ratios. Signals are [T, ch] in ggml order.
//
// The first layers look some frames around a frame, the later ones, which do most of the work, only some samples.
// Every layer therefore computes no more of its signal than the frames that are wanted depend on.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "backend/graph.h"
#include "dac/conv1d.h"
#include "dac/dac_context.h"
#include "dac/dac_weights.h"
#include "dac/residual_unit.h"
#include "support/span.h"

namespace dia {

// Intermediate signals of a graph, by name, copied for those who want to look at them.
using DacTaps = std::vector<std::pair<std::string, ggml_tensor *>>;

// Must outlive the graphs that it builds.
class DacDecoder {
public:
    DacDecoder(const DacDecoderWeights & weights, span<const int32_t> upsampling_ratios, ConvWorkspace & workspace);
    DacDecoder(const DacDecoder &) = delete;
    DacDecoder & operator=(const DacDecoder &) = delete;

    // latent F32 [T, hidden_size] -> samples of a range of its frames F32 [frames.size() H, 1]. With `taps`: conv1,
    // conv_t_<i> and block_<i>, as far as they are computed.
    ggml_tensor * build(Graph & graph, ggml_tensor * latent, SampleRange frames, DacTaps * taps = nullptr);

    // Tensors that build() creates, without taps.
    size_t n_tensors() const;

    DacContext context() const;

private:
    struct Block {
        Block(const DacBlock & weights, int64_t upsampling_ratio, ConvWorkspace & workspace);

        int64_t stride;
        ConvNode conv_t;
        std::deque<ResidualUnit> res_units;
    };

    // The part of each signal that is computed.
    struct Extent {
        SampleRange latent;  // what conv1 depends on
        SampleRange conv1;
        std::vector<SampleRange> blocks;  // conv_t and the residual units
        SampleRange samples;
    };

    Extent extent(SampleRange frames, int64_t n_frames) const;

    ConvNode conv1_;
    std::deque<Block> blocks_;
    ConvNode conv2_;
    int64_t hop_length_ = 1;
};

}  // namespace dia
