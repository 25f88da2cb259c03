// The parts that encoder and decoder are made of, as functions that add nodes to a graph. They mirror DiaRMSNorm,
// DiaMLP, rotary embedding and eager attention of the reference. Shapes in ggml order, fastest first.
// N columns (positions of all rows and branches), D head width, A query heads, K key and value heads, T positions
// of one sequence, B sequences side by side, S positions that are attended to.
#pragma once

#include <ggml.h>

#include <cstdint>

#include "support/span.h"

namespace dia {

class Graph;
class RowLinear;

// W x. A column's result is the same bits whatever the other columns are.
// weight [in, out], x F32 [in, N]; returns F32 [out, N]
ggml_tensor * linear(ggml_context * ctx, ggml_tensor * weight, ggml_tensor * x);

// The same in a graph that may have a faster way: row_products for the few columns of a step, which then reads each
// weight once, and for types whose rows take long to unpack. Results differ by rounding alone.
class Linear {
public:
    // `row_linear`, unless nullptr, must be allocated before the graph is computed. A GPU takes no notice of it.
    Linear(const Graph & graph, RowLinear * row_linear, bool few_columns);

    ggml_tensor * operator()(ggml_tensor * weight, ggml_tensor * x) const;

private:
    ggml_context * ctx_;
    RowLinear * row_linear_;
    bool few_columns_;
};

// weight * x / sqrt(mean(x^2) + eps), over dimension 0.
// x F32 [H, ...], rows contiguous; weight F32 [H]; returns F32 [H, ...], contiguous
ggml_tensor * rms_norm(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, float eps);

// Columns of a fused projection that belong together: rows `first` to `first + n_heads * head_dim - 1` of every
// column, as heads.
// x F32 [*, N]; returns a view F32 [D, n_heads, N]
ggml_tensor * heads_of(ggml_context * ctx, ggml_tensor * x, int64_t first, int64_t head_dim, int64_t n_heads);

// Where the columns stand, and how fast each pair of a head turns.
struct Rotation {
    ggml_tensor * positions = nullptr;  // I32 [N]
    ggml_tensor * periods = nullptr;    // F32 [D/2]  theta^(2i/D)
};

// Throws DIA_STATUS_INVALID_ARGUMENT unless there are `n` position ids, none of them negative.
void check_position_ids(span<const int32_t> position_ids, size_t n);

// Fills `periods`, once memory is allocated.
void set_periods(const Rotation & rotation, Graph & graph, float theta);

// Rotates each head by its position: element i with element i + D/2, by the angle position / period i.
// x F32 [D, heads, N]; returns F32 [D, heads, N], contiguous
ggml_tensor * rope(ggml_context * ctx, ggml_tensor * x, const Rotation & rotation);

// Inner values that a run keeps besides its result.
struct Taps {
    bool hidden_states = false;
    bool attentions = false;

    friend bool operator==(const Taps & a, const Taps & b) {
        return a.hidden_states == b.hidden_states && a.attentions == b.attentions;
    }
};

struct Attention {
    ggml_tensor * mixed;    // F32 [D * A, T * B]  weights v
    ggml_tensor * weights;  // F32 [S, T, A, B]    softmax(q k + mask)
};

// The scores are not scaled by 1/sqrt(D), as the model was trained. Query head a looks at key head a / (A / K).
// q F32 [D, A, T, B]; k, v [D, S, K, B]; mask F16 or F32 [S, T, 1, 1 or B], or nullptr, which masks nothing
Attention attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * mask);

// The same in one operator, for GPUs; it keeps no weights. mask F16 [S, T, 1, 1 or B]; returns F32 [D, A, T, B]
ggml_tensor * flash_attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v,
                              ggml_tensor * mask);

// down(up * silu(gate)).
// gate_up [H, 2I], gate first; down [I, H]; x F32 [H, N]; returns F32 [H, N]
ggml_tensor * gated_mlp(ggml_context * ctx, const Linear & linear, ggml_tensor * gate_up, ggml_tensor * down,
                        ggml_tensor * x);

}  // namespace dia
