// The text encoder: bytes become one vector each. Mirrors DiaEncoder of the reference for a single text of its
// real length, so that nothing is padded or masked.
// E encoder hidden_size, S bytes of the text. Shapes in ggml order, fastest first.
#pragma once

#include <cstdint>
#include <vector>

#include "backend/cpu_backend.h"
#include "backend/graph.h"
#include "model/encoder_weights.h"
#include "model/layers.h"
#include "support/span.h"

namespace dia {

struct EncoderHparams;
struct Model;

// The tensors that the host fills before a run.
class EncoderInputs {
public:
    EncoderInputs(Graph & graph, const EncoderHparams & hparams, int64_t length);

    ggml_tensor * ids;  // I32 [S]
    Rotation rotation;  // positions [S]

    // Once memory is allocated.
    void set(const EncoderHparams & hparams, span<const int32_t> text);
};

// Adds the encoder to a graph. The residual stream that enters layer i is named "encoder.block_input.<i>".
// Returns the states F32 [E, S]
ggml_tensor * build_encoder(Graph & graph, const EncoderWeights & weights, const EncoderHparams & hparams,
                            const EncoderInputs & inputs);

// Tensors that build_encoder and EncoderInputs create at most.
size_t encoder_graph_size(const EncoderHparams & hparams);

// The states of a text, [S][E]. Throws DIA_STATUS_INVALID_ARGUMENT for an empty text or an id outside the
// vocabulary.
std::vector<float> encode_text(const Model & model, CpuBackend & backend, span<const int32_t> ids);

}  // namespace dia
