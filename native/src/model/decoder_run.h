// A run of the decoder: its graph with its inputs and with what can be read afterwards; and how a text gets into
// the cross-attention cache before it.
#pragma once

#include <cstdint>

#include "backend/backend.h"
#include "backend/graph.h"
#include "dia/dia.h"
#include "model/decoder.h"
#include "model/kv_cache.h"
#include "support/span.h"

namespace dia {

struct Model;

// Positions that run at a time, which bounds the memory of a long prefix.
constexpr int64_t kRunPositions = 256;

// Ready to be filled and computed.
struct DecoderRun {
    DecoderRun(const Model & model, const DecoderShape & run_shape, const DecoderCaches & caches,
               ggml_tensor * unconditional, RowLinear * row_linear, const Taps & run_taps = {});

    Graph graph;
    DecoderInputs inputs;
    const DecoderShape shape;
    const Taps taps;
    const DecoderTensors tensors;
};

// Writes the keys and values of a text to a slot of the cache, which grows if it is too small for the text.
// states [S][E]
void fill_cross_cache(const Model & model, Backend & backend, span<const float> states, KvCache & cache,
                      int64_t slot, RowLinear * row_linear = nullptr);

// The type of the caches: what is asked for, or for DIA_TYPE_AUTO F32 for F32 weights and F16 otherwise. Throws
// DIA_STATUS_INVALID_ARGUMENT unless the model's heads can be stored so.
ggml_type cache_type(dia_type requested, const Model & model);

}  // namespace dia
