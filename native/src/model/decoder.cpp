#include "model/decoder.h"

#include <algorithm>
#include <cmath>

namespace dia {

namespace {

// What every layer needs besides its weights.
struct Batch {
    Graph & graph;
    const DecoderHparams & hparams;
    const DecoderShape & shape;
    const DecoderInputs & inputs;
    const DecoderCaches & caches;
    DecoderTensors & tensors;
};

// The sum of one embedding per channel. Returns F32 [H, N]
ggml_tensor * embed(const Batch & batch, ggml_tensor * table) {
    ggml_context * ctx = batch.graph.context();
    const int64_t N = batch.shape.n_columns();
    ggml_tensor * rows = ggml_get_rows(ctx, table, batch.inputs.ids);  // [H, N * C]
    const auto channel = [&](int64_t c) {
        return ggml_view_2d(ctx, rows, rows->ne[0], N, rows->nb[1], static_cast<size_t>(c * N) * rows->nb[1]);
    };
    ggml_tensor * x = channel(0);
    for (int64_t c = 1; c < batch.hparams.num_channels; ++c) {
        x = ggml_add(ctx, x, channel(c));
    }
    return x;
}

// Writes keys [D, K, N] and values [D, K, N] of the batch's positions into the cache.
void store(const Batch & batch, size_t layer, ggml_tensor * k, ggml_tensor * v) {
    ggml_context * ctx = batch.graph.context();
    const KvCache & cache = batch.caches.self;
    const int64_t N = batch.shape.n_columns();
    ggml_tensor * keys = ggml_reshape_2d(ctx, cache.keys(layer), cache.width(), cache.capacity() * cache.n_slots());
    ggml_tensor * values =
        ggml_reshape_2d(ctx, cache.values(layer), 1, cache.capacity() * cache.width() * cache.n_slots());
    k = ggml_reshape_2d(ctx, k, cache.width(), N);
    v = ggml_reshape_2d(ctx, ggml_cont(ctx, v), 1, cache.width() * N);
    batch.graph.add(ggml_set_rows(ctx, keys, k, batch.inputs.key_rows));
    batch.graph.add(ggml_set_rows(ctx, values, v, batch.inputs.value_rows));
}

// Every position attends to itself and those before it. x F32 [H, N]; returns F32 [H, N]
ggml_tensor * self_attention(const Batch & batch, size_t layer, const DecoderLayerWeights & weights,
                             ggml_tensor * x) {
    ggml_context * ctx = batch.graph.context();
    const DecoderShape & shape = batch.shape;
    const int64_t D = batch.hparams.head_dim;
    const int64_t A = batch.hparams.num_attention_heads;
    const int64_t K = batch.hparams.num_key_value_heads;
    const int64_t B = shape.n_sequences();
    const int64_t first_slot = shape.n_branches * shape.first_row;

    ggml_tensor * qkv = linear(ctx, weights.qkv_proj, x);                                 // [(A + K + K) D, N]
    ggml_tensor * q = rope(ctx, heads_of(ctx, qkv, 0, D, A), batch.inputs.rotation);      // [D, A, N]
    ggml_tensor * k = rope(ctx, heads_of(ctx, qkv, A * D, D, K), batch.inputs.rotation);  // [D, K, N]
    ggml_tensor * v = heads_of(ctx, qkv, (A + K) * D, D, K);                              // [D, K, N]
    store(batch, layer, k, v);

    q = ggml_reshape_4d(ctx, q, D, A, shape.n_positions, B);
    ggml_tensor * keys = batch.caches.self.keys_view(ctx, layer, D, shape.n_cached, first_slot, B);  // [D, S, K, B]
    ggml_tensor * values =
        batch.caches.self.values_view(ctx, layer, D, shape.n_cached, first_slot, B);  // [S, D, K, B]
    const Attention result = attention(ctx, q, keys, values, batch.inputs.self_mask);
    batch.tensors.self_attentions.push_back(result.weights);
    return linear(ctx, weights.o_proj, result.mixed);
}

// Branch g of the batch's columns. x F32 [H, N]; returns a view F32 [H, T, R]
ggml_tensor * branch_of(const Batch & batch, ggml_tensor * x, int64_t g) {
    const size_t T = static_cast<size_t>(batch.shape.n_positions);
    const size_t G = static_cast<size_t>(batch.shape.n_branches);
    return ggml_view_3d(batch.graph.context(), x, x->ne[0], batch.shape.n_positions, batch.shape.n_rows, x->nb[1],
                        T * G * x->nb[1], static_cast<size_t>(g) * T * x->nb[1]);
}

// Every position of the conditional branch attends to the whole text, without rotation.
// x F32 [H, T, R]; returns F32 [H, T, R]
ggml_tensor * cross_attention(const Batch & batch, size_t layer, const DecoderLayerWeights & weights,
                              ggml_tensor * x) {
    ggml_context * ctx = batch.graph.context();
    const DecoderShape & shape = batch.shape;
    const int64_t D = batch.hparams.cross_head_dim;
    const int64_t A = batch.hparams.cross_num_attention_heads;
    const int64_t T = shape.n_positions;
    const int64_t R = shape.n_rows;

    x = rms_norm(ctx, x, weights.pre_ca_norm, batch.hparams.norm_eps);
    ggml_tensor * q = linear(ctx, weights.cross_q_proj, ggml_reshape_2d(ctx, x, x->ne[0], T * R));  // [D A, T * R]
    q = ggml_reshape_4d(ctx, q, D, A, T, R);
    ggml_tensor * keys =
        batch.caches.cross.keys_view(ctx, layer, D, shape.n_text, shape.first_row, R);  // [D, S, K, R]
    ggml_tensor * values =
        batch.caches.cross.values_view(ctx, layer, D, shape.n_text, shape.first_row, R);  // [S, D, K, R]
    const Attention result = attention(ctx, q, keys, values, batch.inputs.cross_mask);
    batch.tensors.cross_attentions.push_back(result.weights);
    ggml_tensor * y = linear(ctx, weights.cross_o_proj, result.mixed);
    return ggml_reshape_3d(ctx, y, y->ne[0], T, R);
}

// x + cross-attention in the conditional branch, x + constant in the unconditional one.
// x F32 [H, N], constant F32 [H]; returns F32 [H, N]
ggml_tensor * add_cross_attention(const Batch & batch, size_t layer, const DecoderLayerWeights & weights,
                                  ggml_tensor * x, ggml_tensor * constant) {
    ggml_context * ctx = batch.graph.context();
    ggml_tensor * conditional = branch_of(batch, x, 0);
    conditional = ggml_add(ctx, conditional, cross_attention(batch, layer, weights, conditional));
    if (batch.shape.n_branches == 1) {
        return ggml_reshape_2d(ctx, conditional, x->ne[0], x->ne[1]);
    }
    ggml_tensor * unconditional = ggml_add(ctx, branch_of(batch, x, 1), constant);
    return ggml_reshape_2d(ctx, ggml_concat(ctx, conditional, unconditional, 1), x->ne[0], x->ne[1]);
}

// The columns that are wanted behind the last layer. x F32 [H, N]; returns F32 [H, G * R] or [H, N]
ggml_tensor * wanted_columns(const Batch & batch, ggml_tensor * x) {
    const int64_t T = batch.shape.n_positions;
    if (batch.shape.all_positions || T == 1) {
        return x;
    }
    return ggml_view_2d(batch.graph.context(), x, x->ne[0], batch.shape.n_sequences(),
                        static_cast<size_t>(T) * x->nb[1], static_cast<size_t>(T - 1) * x->nb[1]);
}

}  // namespace

bool operator==(const DecoderShape & a, const DecoderShape & b) {
    return a.n_positions == b.n_positions && a.n_branches == b.n_branches && a.n_rows == b.n_rows &&
           a.first_row == b.first_row && a.n_cached == b.n_cached && a.n_text == b.n_text &&
           a.all_positions == b.all_positions && a.with_logits == b.with_logits;
}

DecoderInputs::DecoderInputs(Graph & graph, const DecoderHparams & hparams, const DecoderShape & shape,
                             int64_t cache_capacity)
    : hparams_(hparams), shape_(shape), cache_capacity_(cache_capacity) {
    const int64_t N = shape.n_columns();
    const bool step = shape.n_positions == 1;
    ids = graph.input(GGML_TYPE_I32, N * hparams.num_channels);
    rotation = {graph.input(GGML_TYPE_I32, N), graph.input(GGML_TYPE_F32, hparams.head_dim / 2)};
    key_rows = graph.input(GGML_TYPE_I64, N);
    value_rows = graph.input(GGML_TYPE_I64, N * hparams.num_key_value_heads * hparams.head_dim);
    self_mask = graph.input(GGML_TYPE_F32, shape.n_cached, step ? hparams.num_attention_heads : shape.n_positions,
                            1, step ? shape.n_sequences() : 1);
    cross_mask =
        graph.input(GGML_TYPE_F32, shape.n_text, step ? hparams.cross_num_attention_heads : shape.n_positions, 1,
                    step ? shape.n_rows : 1);
}

void DecoderInputs::set_constants() {
    set_periods(rotation, hparams_.rope_theta);
}

void DecoderInputs::set_position(int64_t row, int64_t t, int64_t position, span<const int32_t> tokens) {
    const int64_t N = shape_.n_columns();
    const int64_t K = int64_t{hparams_.num_key_value_heads} * hparams_.head_dim;
    for (int64_t g = 0; g < shape_.n_branches; ++g) {
        const int64_t column = t + shape_.n_positions * (g + shape_.n_branches * row);
        const int64_t slot = shape_.n_branches * (shape_.first_row + row) + g;
        for (int64_t c = 0; c < hparams_.num_channels; ++c) {
            host_data<int32_t>(ids)[c * N + column] =
                tokens[static_cast<size_t>(c)] + static_cast<int32_t>(c) * hparams_.vocab_size;
        }
        host_data<int32_t>(rotation.positions)[column] = static_cast<int32_t>(position);
        host_data<int64_t>(key_rows)[column] = slot * cache_capacity_ + position;
        for (int64_t element = 0; element < K; ++element) {
            host_data<int64_t>(value_rows)[column * K + element] =
                (slot * K + element) * cache_capacity_ + position;
        }
    }
}

void DecoderInputs::set_position_id(int64_t row, int64_t t, int64_t position_id) {
    for (int64_t g = 0; g < shape_.n_branches; ++g) {
        const int64_t column = t + shape_.n_positions * (g + shape_.n_branches * row);
        host_data<int32_t>(rotation.positions)[column] = static_cast<int32_t>(position_id);
    }
}

namespace {

// One mask row: the first `n_visible` positions add nothing to their scores, the others are hidden.
void fill_mask_row(float * row, int64_t size, int64_t n_visible) {
    std::fill(row, row + n_visible, 0.0f);
    std::fill(row + n_visible, row + size, -INFINITY);
}

}  // namespace

void DecoderInputs::set_visible(int64_t row, int64_t t, int64_t n_visible) {
    const int64_t S = shape_.n_cached;
    float * mask = host_data<float>(self_mask);
    if (shape_.n_positions > 1) {
        fill_mask_row(mask + t * S, S, n_visible);
        return;
    }
    const int64_t n_mask_rows = self_mask->ne[1] * shape_.n_branches;  // of one row: the heads of each branch
    for (int64_t i = 0; i < n_mask_rows; ++i) {
        fill_mask_row(mask + (row * n_mask_rows + i) * S, S, n_visible);
    }
}

void DecoderInputs::show_one_more(int64_t row, int64_t n_visible) {
    const int64_t n_mask_rows = self_mask->ne[1] * shape_.n_branches;
    for (int64_t i = 0; i < n_mask_rows; ++i) {
        host_data<float>(self_mask)[(row * n_mask_rows + i) * shape_.n_cached + n_visible - 1] = 0.0f;
    }
}

void DecoderInputs::set_text_length(int64_t row, int64_t length) {
    const int64_t S = shape_.n_text;
    const int64_t n_mask_rows = cross_mask->ne[1];
    for (int64_t i = 0; i < n_mask_rows; ++i) {
        fill_mask_row(host_data<float>(cross_mask) + (row * n_mask_rows + i) * S, S, length);
    }
}

DecoderTensors build_decoder(Graph & graph, const DecoderWeights & weights, const DecoderHparams & hparams,
                             const DecoderShape & shape, const DecoderInputs & inputs, const DecoderCaches & caches,
                             ggml_tensor * unconditional) {
    DecoderTensors tensors;
    const Batch batch{graph, hparams, shape, inputs, caches, tensors};
    ggml_context * ctx = graph.context();
    const float eps = hparams.norm_eps;

    ggml_tensor * x = embed(batch, weights.embeddings);  // [H, N]
    for (size_t i = 0; i < weights.layers.size(); ++i) {
        const DecoderLayerWeights & layer = weights.layers[i];
        tensors.layer_inputs.push_back(x);
        x = ggml_add(ctx, x, self_attention(batch, i, layer, rms_norm(ctx, x, layer.pre_sa_norm, eps)));
        ggml_tensor * constant = unconditional != nullptr ? ggml_view_1d(ctx, unconditional, unconditional->ne[0],
                                                                         i * unconditional->nb[1])
                                                          : nullptr;
        x = add_cross_attention(batch, i, layer, x, constant);
        x = ggml_add(
            ctx, x, gated_mlp(ctx, layer.gate_up_proj, layer.down_proj, rms_norm(ctx, x, layer.pre_mlp_norm, eps)));
    }
    tensors.normed_states = rms_norm(ctx, wanted_columns(batch, x), weights.norm, eps);
    graph.add(tensors.normed_states);
    if (shape.with_logits) {
        tensors.logits = linear(ctx, weights.logits_dense, tensors.normed_states);
        graph.add_output(tensors.logits);
    }
    return tensors;
}

size_t decoder_graph_size(const DecoderHparams & hparams) {
    return 96 * static_cast<size_t>(hparams.num_hidden_layers) + 2 * static_cast<size_t>(hparams.num_channels) + 32;
}

void build_cross_cache(Graph & graph, const DecoderWeights & weights, const DecoderHparams & hparams,
                       ggml_tensor * states, const KvCache & cross, int64_t row) {
    ggml_context * ctx = graph.context();
    const int64_t D = hparams.cross_head_dim;
    const int64_t K = hparams.cross_num_key_value_heads;
    const int64_t S = states->ne[1];
    for (size_t i = 0; i < weights.layers.size(); ++i) {
        ggml_tensor * kv = linear(ctx, weights.layers[i].cross_kv_proj, states);          // [(K + K) D, S]
        ggml_tensor * k = ggml_permute(ctx, heads_of(ctx, kv, 0, D, K), 0, 2, 1, 3);      // [D, S, K]
        ggml_tensor * v = ggml_permute(ctx, heads_of(ctx, kv, K * D, D, K), 1, 2, 0, 3);  // [S, D, K]
        graph.add(ggml_cpy(ctx, k, cross.keys_view(ctx, i, D, S, row, 1)));
        graph.add(ggml_cpy(ctx, v, cross.values_view(ctx, i, D, S, row, 1)));
    }
}

}  // namespace dia
