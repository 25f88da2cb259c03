// One text as the encoder's states, to be used any number of times: by decoders and by generators.
// E encoder hidden_size, S bytes of the text.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "model/layers.h"
#include "support/span.h"

namespace dia {

struct Model;

// Immutable.
struct TextEncoding {
    std::shared_ptr<const Model> model;
    std::vector<float> states;                     // [S][E]  normed
    std::vector<std::vector<float>> layer_inputs;  // [S][E] each: what enters each layer; empty unless asked for
    std::vector<std::vector<float>> attentions;    // [heads][S][S] each; empty unless asked for
    int64_t length = 0;                            // S
};

struct EncodingOptions {
    int32_t n_threads = 0;  // 0: the physical cores, fewer for a small model
    Taps taps;
    std::function<bool(int64_t done, int64_t total)> progress;  // false stops with DIA_STATUS_CANCELLED
};

// Throws unless a text of this many ids can be encoded: so that a count is checked before the ids are read.
void require_text_length(const Model & model, int64_t n_input_ids);

// `position_ids` [S] may be empty: 0, 1, 2 and so on.
std::shared_ptr<const TextEncoding> encode(std::shared_ptr<const Model> model, span<const int32_t> input_ids,
                                           span<const int32_t> position_ids, const EncodingOptions & options);

}  // namespace dia
