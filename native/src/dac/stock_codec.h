// DAC composed of operators that every backend of ggml has: what GPUs run, and what the operators of this project
// (dac/conv1d.h) are measured by. Signals that go on beyond the ends of a graph are computed as if they were zero
// there.
//
// T frames, H hop_length, ch channels, r_0 r_1 ... the downsampling ratios. Signals are [T, ch] in ggml order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/graph.h"
#include "dac/dac_weights.h"
#include "support/span.h"

namespace dia {

// latent F32 [T, hidden_size] -> samples F32 [T H, 1], an output of the graph.
ggml_tensor * build_stock_decoder(Graph & graph, const DacDecoderWeights & weights, ggml_tensor * latent);

// samples F32 [T H, 1] -> latent F32 [T, hidden_size], an output of the graph.
ggml_tensor * build_stock_encoder(Graph & graph, const DacEncoderWeights & weights,
                                  span<const int32_t> downsampling_ratios, ggml_tensor * samples);

// Tensors that they create at most.
size_t stock_decoder_size(const DacDecoderWeights & weights);
size_t stock_encoder_size(const DacEncoderWeights & weights);

}  // namespace dia
