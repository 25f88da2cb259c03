// The codec's decoder: latent frames become samples (HF: DacDecoder).
//
// T frames, H hop_length, ch channels, r_0 r_1 ... the upsampling ratios. Signals are [T, ch] in ggml order.
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

    // latent F32 [T, hidden_size] -> samples F32 [T H, 1]. With `taps`: conv1, conv_t_<i> and block_<i>.
    ggml_tensor * build(Graph & graph, ggml_tensor * latent, DacTaps * taps = nullptr);

    // Tensors that build() creates, without taps.
    size_t n_tensors() const;

    DacContext context() const;

private:
    struct Block {
        Block(const DacBlock & weights, int64_t stride, ConvWorkspace & workspace);

        ConvNode conv_t;
        std::deque<ResidualUnit> res_units;
    };

    ConvNode conv1_;
    std::deque<Block> blocks_;
    ConvNode conv2_;
    int64_t hop_length_ = 1;
};

}  // namespace dia
