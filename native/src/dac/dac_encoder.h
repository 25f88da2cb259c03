// The codec's encoder: samples become latent frames (HF: DacEncoder).
//
// T frames, H hop_length, ch channels, r_0 r_1 ... the downsampling ratios. Signals are [T, ch] in ggml order.
#pragma once

#include <cstdint>
#include <deque>

#include "backend/graph.h"
#include "dac/conv1d.h"
#include "dac/dac_context.h"
#include "dac/dac_weights.h"
#include "dac/residual_unit.h"
#include "support/span.h"

namespace dia {

// Must outlive the graphs that it builds.
class DacEncoder {
public:
    DacEncoder(const DacEncoderWeights & weights, span<const int32_t> downsampling_ratios,
               ConvWorkspace & workspace);
    DacEncoder(const DacEncoder &) = delete;
    DacEncoder & operator=(const DacEncoder &) = delete;

    // samples F32 [T H, 1] -> latent F32 [T, hidden_size]
    ggml_tensor * build(Graph & graph, ggml_tensor * samples);

    // Tensors that build() creates.
    size_t n_tensors() const;

    DacContext context() const;

private:
    struct Block {
        Block(const DacBlock & weights, int64_t stride, ConvWorkspace & workspace);

        std::deque<ResidualUnit> res_units;
        ConvNode conv;
    };

    ConvNode conv1_;
    std::deque<Block> blocks_;
    ConvNode conv2_;
    int64_t hop_length_ = 1;
};

}  // namespace dia
