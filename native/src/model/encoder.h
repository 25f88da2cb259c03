// The text encoder: bytes become one vector each. Mirrors DiaEncoder of the reference for a single text of its
// real length, so that nothing is padded or masked.
// E encoder hidden_size, S bytes of the text. Shapes in ggml order, fastest first.
#pragma once

#include <cstdint>
#include <vector>

#include "backend/cpu_backend.h"
#include "backend/graph.h"
#include "model/encoder_weights.h"
#include "support/span.h"

namespace dia {

struct EncoderHparams;
struct Model;

// Adds the encoder to a graph. The residual stream that enters layer i is named "encoder.block_input.<i>".
// ids I32 [S], positions I32 [S]; returns the states F32 [E, S]
ggml_tensor * build_encoder(Graph & graph, const EncoderWeights & weights, const EncoderHparams & hparams,
                            ggml_tensor * ids, ggml_tensor * positions);

// Tensors that build_encoder creates at most.
size_t encoder_graph_size(const EncoderHparams & hparams);

// The states of a text, [S][E]. Throws DIA_STATUS_INVALID_ARGUMENT for an empty text or an id outside the
// vocabulary.
std::vector<float> encode_text(const Model & model, CpuBackend & backend, span<const int32_t> ids);

}  // namespace dia
