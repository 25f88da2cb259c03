// A run of the decoder: a graph for each device that has some of the layers, with its inputs and with what can be
// read afterwards; and how a text gets into the cross-attention cache before it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "backend/backends.h"
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
class DecoderRun {
public:
    // `unconditional` and `row_linear` as build_decoder.
    DecoderRun(const Model & model, const DecoderShape & shape, const DecoderCaches & caches,
               const std::vector<ggml_tensor *> & unconditional, RowLinear * row_linear, const Taps & taps = {});

    // Whether the same graphs would be built again.
    bool serves(const DecoderShape & shape, const Taps & taps = {}) const;

    // As those of DecoderInputs.
    void set_position(int64_t row, int64_t t, int64_t position, span<const int32_t> tokens);
    void set_position_id(int64_t row, int64_t t, int64_t position_id);
    void set_text_length(int64_t row, int64_t length);

    // The graphs behind each other; what one computes goes by the host to the next one.
    void compute(const Backends & backends);

    const DecoderShape & shape() const noexcept { return shape_; }
    const Taps & taps() const noexcept { return taps_; }

    // Of all layers.
    const DecoderTensors & tensors() const noexcept { return tensors_; }

private:
    struct Part {
        Part(const Model & model, const DecoderStage & stage, const DecoderShape & shape,
             const DecoderCaches & caches, const std::vector<ggml_tensor *> & unconditional, RowLinear * row_linear,
             const Taps & taps);

        Graph graph;
        const DecoderShape shape;
        DecoderInputs inputs;
        const DecoderTensors tensors;
    };

    const DecoderShape shape_;
    const Taps taps_;
    std::vector<std::unique_ptr<Part>> parts_;
    DecoderTensors tensors_;
};

// Writes the keys and values of a text to a slot of the cache, which grows if it is too small for the text.
// states [S][E]
void fill_cross_cache(const Model & model, const Backends & backends, span<const float> states, KvCache & cache,
                      int64_t slot, RowLinear * row_linear = nullptr);

// The type of the caches: what is asked for, or for DIA_TYPE_AUTO F32 for F32 weights and F16 otherwise. Throws
// DIA_STATUS_INVALID_ARGUMENT unless the model's heads can be stored so.
ggml_type cache_type(dia_type requested, const Model & model);

}  // namespace dia
