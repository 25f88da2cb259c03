// DAC's decoder composed of operators that every backend of ggml has, instead of those of this project
// (dac/conv1d.h): what these are measured by.
//
// T samples, ch channels. Signals are [T, ch] in ggml order.
#pragma once

#include <cstddef>

#include "backend/graph.h"
#include "dac/dac_weights.h"

namespace dia {

// latent F32 [T, hidden_size] -> samples F32 [T * hop_length, 1], an output of the graph.
ggml_tensor * build_stock_dac_decoder(Graph & graph, const DacDecoderWeights & weights, ggml_tensor * latent);

// Tensors that it creates at most.
size_t stock_dac_decoder_size(const DacDecoderWeights & weights);

}  // namespace dia
