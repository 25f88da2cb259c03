// The text encoder: bytes become one vector each. Mirrors DiaEncoder of the reference for a single text of its
// real length, so that nothing is padded or masked.
// E encoder hidden_size, S bytes of the text. Shapes in ggml order, fastest first.
#pragma once

#include <cstdint>
#include <vector>

#include "backend/backends.h"
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

    // Once memory is allocated. `position_ids` may be empty: 0, 1, 2 and so on.
    void set(const EncoderHparams & hparams, span<const int32_t> text, span<const int32_t> position_ids = {});

private:
    Graph & graph_;
};

// What a graph computes on its way. What is to be read after a run must be made an output of the graph before that
// gets its memory; the states are one.
struct EncoderTensors {
    ggml_tensor * states = nullptr;           // F32 [E, S]  normed
    std::vector<ggml_tensor *> layer_inputs;  // F32 [E, S]  the residual stream that enters each layer
    std::vector<ggml_tensor *> attentions;    // F32 [S, S, heads], in this order
};

// Adds the encoder to a graph. `row_linear` as Linear has it.
EncoderTensors build_encoder(Graph & graph, const EncoderWeights & weights, const EncoderHparams & hparams,
                             const EncoderInputs & inputs, RowLinear * row_linear = nullptr);

// Tensors that build_encoder and EncoderInputs create at most.
size_t encoder_graph_size(const EncoderHparams & hparams);

// A graph with its inputs filled, ready to be computed.
struct EncoderRun {
    // `position_ids` [S] may be empty. Throws DIA_STATUS_INVALID_ARGUMENT for an empty text, an id outside the
    // vocabulary or a negative position id.
    EncoderRun(const Model & model, span<const int32_t> text, span<const int32_t> position_ids = {},
               const Taps & taps = {}, RowLinear * row_linear = nullptr);

    Graph graph;
    EncoderInputs inputs;
    const EncoderTensors tensors;
};

// The states of a text, [S][E].
std::vector<float> encode_text(const Model & model, const Backends & backends, span<const int32_t> ids,
                               RowLinear * row_linear = nullptr);

}  // namespace dia
