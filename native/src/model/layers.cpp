#include "model/layers.h"

#include <cmath>

#include "backend/graph.h"
#include "backend/product.h"
#include "kernels/row_products.h"
#include "model/row_linear.h"
#include "support/error.h"

namespace dia {

namespace {

// The same values as F32, contiguous.
ggml_tensor * as_floats(ggml_context * ctx, ggml_tensor * x) {
    return x->type == GGML_TYPE_F32 ? ggml_cont(ctx, x) : ggml_cast(ctx, x, GGML_TYPE_F32);
}

}  // namespace

ggml_tensor * linear(ggml_context * ctx, ggml_tensor * weight, ggml_tensor * x) {
    if (x->ne[1] > 1) {
        return product(ctx, weight, x);
    }
    // ggml multiplies a lone column with other kernels, whose sums differ in the last bit.
    ggml_tensor * pair = product(ctx, weight, ggml_pad(ctx, x, 0, 1, 0, 0));  // [out, 2]
    return ggml_view_2d(ctx, pair, pair->ne[0], 1, pair->nb[1], 0);
}

Linear::Linear(const Graph & graph, RowLinear * row_linear, bool few_columns)
    : ctx_(graph.context()),
      row_linear_(graph.device().is_gpu() ? nullptr : row_linear),
      few_columns_(few_columns) {}

ggml_tensor * Linear::operator()(ggml_tensor * weight, ggml_tensor * x) const {
    const bool by_rows = row_linear_ != nullptr &&
                         (few_columns_ ? has_row_products(weight->type) : has_faster_row_products(weight->type));
    return by_rows ? row_linear_->multiply(ctx_, weight, x) : linear(ctx_, weight, x);
}

ggml_tensor * rms_norm(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, float eps) {
    return ggml_mul(ctx, ggml_rms_norm(ctx, x, eps), weight);
}

ggml_tensor * heads_of(ggml_context * ctx, ggml_tensor * x, int64_t first, int64_t head_dim, int64_t n_heads) {
    return ggml_view_3d(ctx, x, head_dim, n_heads, x->ne[1], static_cast<size_t>(head_dim) * x->nb[0], x->nb[1],
                        static_cast<size_t>(first) * x->nb[0]);
}

void check_position_ids(span<const int32_t> position_ids, size_t n) {
    if (position_ids.size() != n) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%zu position ids for %zu positions", position_ids.size(), n);
    }
    for (size_t i = 0; i < n; ++i) {
        if (position_ids[i] < 0) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "position id %zu is %d, expected 0 or more", i, position_ids[i]);
        }
    }
}

void set_periods(const Rotation & rotation, Graph & graph, float theta) {
    const int64_t n = rotation.periods->ne[0];
    auto * periods = graph.values_of<float>(rotation.periods);
    for (int64_t i = 0; i < n; ++i) {
        // The reference rounds the frequencies to F32, which far positions feel.
        const float frequency = 1.0f / std::pow(theta, static_cast<float>(i) / static_cast<float>(n));
        periods[i] = 1.0f / frequency;
    }
}

ggml_tensor * rope(ggml_context * ctx, ggml_tensor * x, const Rotation & rotation) {
    // From a base, ggml would multiply the angles up one by one, and far positions would drift. With base 1 each
    // angle is the position divided by its factor.
    const int head_dim = static_cast<int>(x->ne[0]);
    return ggml_rope_ext(ctx, x, rotation.positions, rotation.periods, head_dim, GGML_ROPE_TYPE_NEOX, 0, 1.0f, 1.0f,
                         0.0f, 1.0f, 0.0f, 0.0f);
}

Attention attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * mask) {
    const int64_t D = q->ne[0];
    const int64_t A = q->ne[1];
    const int64_t T = q->ne[2];
    const int64_t B = q->ne[3];
    const int64_t S = k->ne[1];
    const int64_t K = k->ne[2];

    // A product with F16 or Q8_0 would round the queries, too.
    if (k->type != GGML_TYPE_F32) {
        k = as_floats(ctx, k);
    }
    if (ggml_is_quantized(v->type)) {
        v = as_floats(ctx, v);  // before blocks are taken apart
    }
    v = as_floats(ctx, ggml_permute(ctx, v, 1, 0, 2, 3));  // [S, D, K, B]

    // The queries that share a key head become the rows of one product.
    q = ggml_cont(ctx, ggml_permute(ctx, q, 0, 2, 1, 3));                                 // [D, T, A, B]
    ggml_tensor * scores = product(ctx, k, ggml_reshape_4d(ctx, q, D, T * A / K, K, B));  // [S, T * A/K, K, B]
    ggml_tensor * weights = ggml_soft_max_ext(ctx, ggml_reshape_4d(ctx, scores, S, T, A, B), mask, 1.0f, 0.0f);
    ggml_tensor * mixed = product(ctx, v, ggml_reshape_4d(ctx, weights, S, T * A / K, K, B));  // [D, T * A/K, K, B]
    mixed = ggml_permute(ctx, ggml_reshape_4d(ctx, mixed, D, T, A, B), 0, 2, 1, 3);            // [D, A, T, B]
    return {ggml_reshape_2d(ctx, ggml_cont(ctx, mixed), D * A, T * B), weights};
}

ggml_tensor * flash_attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v,
                              ggml_tensor * mask) {
    ggml_tensor * mixed = ggml_flash_attn_ext(ctx, ggml_permute(ctx, q, 0, 2, 1, 3), k, v, mask, 1.0f, 0.0f, 0.0f);
    ggml_prec_set_acc(mixed, GGML_PREC_F32);  // scores that are not scaled are too large for F16
    return mixed;
}

ggml_tensor * gated_mlp(ggml_context * ctx, const Linear & linear, ggml_tensor * gate_up, ggml_tensor * down,
                        ggml_tensor * x) {
    return linear(down, ggml_swiglu(ctx, linear(gate_up, x)));  // swiglu activates the first half
}

}  // namespace dia
