// The audio decoder: positions of tokens become logits. Mirrors DiaDecoder of the reference, with two differences.
// Keys and values live in caches whose slots are written by index, so that one graph serves every step; and the
// unconditional branch of guidance adds a constant where the reference runs cross-attention (unconditional.h).
//
// H hidden_size, C num_channels, V vocab_size. T positions, G branches (conditional, and unconditional with
// guidance), R rows. N = T * G * R columns, the position fastest: column t + T * (g + G * r). Either T or R is 1:
// the prefix of one row, or a step of many. Row r, branch g is slot G * (first_row + r) + g of the self-attention
// cache and slot first_row + r of the cross-attention cache. Shapes in ggml order, fastest first.
#pragma once

#include <cstdint>
#include <vector>

#include "backend/graph.h"
#include "gguf/hparams.h"
#include "model/decoder_weights.h"
#include "model/kv_cache.h"
#include "model/layers.h"
#include "model/placement.h"
#include "support/span.h"

namespace dia {

// Most positions that a cache may hold: they are 32-bit numbers in a graph.
constexpr int64_t kMaxCachedPositions = INT32_MAX;

// What the graphs of a batch depend on.
struct DecoderShape {
    int64_t n_positions = 1;  // T
    int64_t n_branches = 1;   // G
    int64_t n_rows = 1;       // R
    int64_t first_row = 0;
    int64_t n_cached = 0;            // positions attended to
    int64_t n_text = 0;              // bytes of text attended to
    bool masked = false;             // masks hide what of these a sequence does not see
    bool attention_weights = false;  // keep the weights of every attention, which makes no step of a position
    bool all_positions = false;      // normed states and logits of every position instead of the last
    bool with_logits = true;         // else the normed states alone

    bool is_step() const { return n_positions == 1 && !attention_weights; }
    bool is_step_by_lengths() const { return is_step() && !masked; }
    int64_t n_sequences() const { return n_branches * n_rows; }
    int64_t n_columns() const { return n_positions * n_sequences(); }
    int64_t n_logit_columns() const { return all_positions ? n_columns() : n_sequences(); }

    // The shape of the graph of a device. On the processor a step attends by an operator of its own
    // (step_attention.h), which takes the lengths of its sequences from the inputs: n_cached and n_text are 0, and
    // its graph serves every position and every text. On a GPU masks say what is attended to, of lengths that
    // KvCache::covering() rounds up, so that a graph serves many.
    DecoderShape on(Device device) const;
};

bool operator==(const DecoderShape & a, const DecoderShape & b);

// The tensors that the host fills before a run of some layers.
class DecoderInputs {
public:
    DecoderInputs(Graph & graph, const DecoderHparams & hparams, const DecoderShape & shape,
                  const DecoderStage & stage);

    ggml_tensor * ids = nullptr;        // I32 [N * C]        row of the embedding table, channel slowest; and else
    ggml_tensor * stream = nullptr;     // F32 [H, N]         the residual stream behind the layers before
    Rotation rotation;                  // positions [N]
    ggml_tensor * cache_rows;           // I32 [T, 1, G * R]  where keys and values go
    ggml_tensor * n_visible = nullptr;  // I32 [G * R]        positions attended to, in a step by lengths
    ggml_tensor * text_lengths = nullptr;  // I32 [R]            in a step by lengths
    ggml_tensor * self_mask = nullptr;     // F16 [n_cached, T, 1, 1 or G * R]  of several positions, or masked
    ggml_tensor * text_mask = nullptr;     // F16 [n_text, T, 1, R]             masked

    // Sets what is the same in every run.
    void set_constants();

    // One position of a row, in all branches: the t-th of the batch, `position` in the row, which sees itself and
    // those before it. tokens [C]
    void set_position(int64_t row, int64_t t, int64_t position, span<const int32_t> tokens);

    // Turns that position's heads as if it stood at `position_id`.
    void set_position_id(int64_t row, int64_t t, int64_t position_id);

    // Lets a row see the first `length` bytes of its text, where it does not see all of n_text.
    void set_text_length(int64_t row, int64_t length);

private:
    // Lets a query, which is a row of a mask, see the first `n` keys.
    void show_first(ggml_tensor * mask, int64_t query, int64_t n);

    Graph & graph_;
    const DecoderHparams & hparams_;
    const DecoderShape shape_;
};

struct DecoderCaches {
    KvCache & self;   // G slots per row
    KvCache & cross;  // one slot per row
};

// What a graph computes on its way. What is to be read after a run must be made an output of the graph before that
// gets its memory; the logits are one, or the stream where the head is elsewhere.
struct DecoderTensors {
    ggml_tensor * stream = nullptr;               // F32 [H, N]  behind the last of these layers
    ggml_tensor * normed_states = nullptr;        // F32 [H, G * R] or [H, N]  what enters the head, if it is here
    ggml_tensor * logits = nullptr;               // F32 [C * V, G * R] or [C * V, N]; nullptr without logits
    std::vector<ggml_tensor *> layer_inputs;      // F32 [H, N]  the residual stream that enters each layer
    std::vector<ggml_tensor *> self_attentions;   // F32 [n_cached, T, heads, G * R]; none in a step
    std::vector<ggml_tensor *> cross_attentions;  // F32 [n_text, T, heads, R]; none in a step
};

// Adds layers of the decoder to a graph. `unconditional` has an F32 [H] for each layer of the model where G is 2.
// `row_linear` as Linear has it.
DecoderTensors build_decoder(Graph & graph, const DecoderWeights & weights, const DecoderHparams & hparams,
                             const DecoderStage & stage, const DecoderShape & shape, const DecoderInputs & inputs,
                             const DecoderCaches & caches, const std::vector<ggml_tensor *> & unconditional,
                             RowLinear * row_linear = nullptr);

// Tensors that build_decoder and DecoderInputs create at most.
size_t decoder_graph_size(const DecoderHparams & hparams);

// Adds the keys and values that some layers have of a text to a graph, to be written to slot `row` of the cache.
// states F32 [E, S], cache_rows I32 [S]  0, 1, 2 and so on
void build_cross_cache(Graph & graph, const DecoderWeights & weights, const DecoderHparams & hparams,
                       const DecoderStage & stage, ggml_tensor * states, ggml_tensor * cache_rows,
                       const KvCache & cross, int64_t row, RowLinear * row_linear = nullptr);

}  // namespace dia
