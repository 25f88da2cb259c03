#include "model/decoder.h"

#include <algorithm>

#include "model/step_attention.h"

namespace dia {

namespace {

// What every layer needs besides its weights.
struct Batch {
    Graph & graph;
    const DecoderHparams & hparams;
    const DecoderShape & shape;
    const DecoderInputs & inputs;
    const DecoderCaches & caches;
    const Linear & linear;
    DecoderTensors & tensors;

    // q F32 [D, A, T, B]; k, v [D, S, K, B]; mask F16 [S, T, 1, 1 or B]; returns F32 [D * A, T * B]
    ggml_tensor * attend(ggml_tensor * q, ggml_tensor * k, ggml_tensor * v, ggml_tensor * mask,
                         std::vector<ggml_tensor *> & all_weights) const {
        // Flash attention may round what it reads to F16; caches in F32 are there for those who want F32.
        if (shape.masked && k->type != GGML_TYPE_F32) {
            ggml_tensor * mixed = flash_attention(graph.context(), q, k, v, mask);
            if (graph.device().supports(mixed)) {
                return ggml_reshape_2d(graph.context(), mixed, mixed->ne[0] * mixed->ne[1],
                                       mixed->ne[2] * mixed->ne[3]);
            }
        }
        if (graph.device().is_gpu()) {
            k = ggml_cont(graph.context(),
                          k);  // Vulkan's products take it that a head begins where the last one ends
        }
        const Attention result = attention(graph.context(), q, k, v, mask);
        all_weights.push_back(result.weights);
        return result.mixed;
    }
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

// The heads of columns, by sequence. x F32 [D, heads, N], heads contiguous; returns a view F32 [D, heads, T, B]
ggml_tensor * by_sequence(const Batch & batch, ggml_tensor * x) {
    const int64_t T = batch.shape.n_positions;
    return ggml_view_4d(batch.graph.context(), x, x->ne[0], x->ne[1], T, batch.shape.n_sequences(), x->nb[1],
                        x->nb[2], static_cast<size_t>(T) * x->nb[2], 0);
}

// Writes the heads of positions into a cache. heads F32 [D, K, T, B], to [D, capacity, K, B], rows I32 [T, 1, B]
void store(Graph & graph, ggml_tensor * heads, ggml_tensor * to, ggml_tensor * rows) {
    ggml_context * ctx = graph.context();
    graph.add(ggml_set_rows(ctx, to, ggml_permute(ctx, heads, 0, 2, 1, 3), rows));
}

// Every position attends to itself and those before it. x F32 [H, N]; returns F32 [H, N]
ggml_tensor * self_attention(const Batch & batch, size_t layer, const DecoderLayerWeights & weights,
                             ggml_tensor * x) {
    ggml_context * ctx = batch.graph.context();
    const DecoderShape & shape = batch.shape;
    const KvCache & cache = batch.caches.self;
    const int64_t D = batch.hparams.head_dim;
    const int64_t A = batch.hparams.num_attention_heads;
    const int64_t K = batch.hparams.num_key_value_heads;
    const int64_t B = shape.n_sequences();
    const int64_t first_slot = shape.n_branches * shape.first_row;

    ggml_tensor * qkv = batch.linear(weights.qkv_proj, x);  // [(A + K + K) D, N]
    ggml_tensor * qk = rope(ctx, heads_of(ctx, qkv, 0, D, A + K), batch.inputs.rotation);
    ggml_tensor * q = by_sequence(batch, ggml_view_3d(ctx, qk, D, A, qk->ne[2], qk->nb[1], qk->nb[2], 0));
    ggml_tensor * k = by_sequence(
        batch, ggml_view_3d(ctx, qk, D, K, qk->ne[2], qk->nb[1], qk->nb[2], static_cast<size_t>(A) * qk->nb[1]));
    ggml_tensor * v = by_sequence(batch, heads_of(ctx, qkv, (A + K) * D, D, K));
    ggml_tensor * all_keys = cache.keys_view(ctx, layer, cache.capacity(), first_slot, B);
    ggml_tensor * all_values = cache.values_view(ctx, layer, cache.capacity(), first_slot, B);
    store(batch.graph, k, all_keys, batch.inputs.cache_rows);
    store(batch.graph, v, all_values, batch.inputs.cache_rows);

    if (shape.is_step_by_lengths()) {
        return batch.linear(weights.o_proj, step_attention(ctx, q, all_keys, all_values, batch.inputs.n_visible));
    }
    ggml_tensor * mixed = batch.attend(q, cache.keys_view(ctx, layer, shape.n_cached, first_slot, B),
                                       cache.values_view(ctx, layer, shape.n_cached, first_slot, B),
                                       batch.inputs.self_mask, batch.tensors.self_attentions);
    return batch.linear(weights.o_proj, mixed);
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
    ggml_tensor * q = batch.linear(weights.cross_q_proj, ggml_reshape_2d(ctx, x, x->ne[0], T * R));  // [D A, T * R]
    q = ggml_reshape_4d(ctx, q, D, A, T, R);
    const KvCache & cache = batch.caches.cross;
    const int64_t n_text = shape.is_step_by_lengths() ? cache.capacity() : shape.n_text;
    ggml_tensor * keys = cache.keys_view(ctx, layer, n_text, shape.first_row, R);      // [D, S, K, R]
    ggml_tensor * values = cache.values_view(ctx, layer, n_text, shape.first_row, R);  // [D, S, K, R]
    ggml_tensor * mixed =
        shape.is_step_by_lengths()
            ? step_attention(ctx, q, keys, values, batch.inputs.text_lengths)
            : batch.attend(q, keys, values, batch.inputs.text_mask, batch.tensors.cross_attentions);
    ggml_tensor * y = batch.linear(weights.cross_o_proj, mixed);
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
           a.first_row == b.first_row && a.n_cached == b.n_cached && a.n_text == b.n_text && a.masked == b.masked &&
           a.attention_weights == b.attention_weights && a.all_positions == b.all_positions &&
           a.with_logits == b.with_logits;
}

DecoderShape DecoderShape::on(Device device) const {
    DecoderShape result = *this;
    result.masked = device.is_gpu() && !attention_weights;
    if (result.masked) {
        result.n_cached = KvCache::covering(device, n_cached);
        result.n_text = KvCache::covering(device, n_text);
    } else if (is_step()) {
        result.n_cached = 0;
        result.n_text = 0;
    }
    return result;
}

DecoderInputs::DecoderInputs(Graph & graph, const DecoderHparams & hparams, const DecoderShape & shape,
                             const DecoderStage & stage)
    : rotation{graph.input(GGML_TYPE_I32, shape.n_columns()), graph.input(GGML_TYPE_F32, hparams.head_dim / 2)},
      cache_rows(graph.input(GGML_TYPE_I32, shape.n_positions, 1, shape.n_sequences())),
      graph_(graph),
      hparams_(hparams),
      shape_(shape) {
    if (stage.has_embeddings) {
        ids = graph.input(GGML_TYPE_I32, shape.n_columns() * hparams.num_channels);
    } else {
        stream = graph.input(GGML_TYPE_F32, hparams.hidden_size, shape.n_columns());
    }
    if (shape.is_step_by_lengths()) {
        n_visible = graph.input(GGML_TYPE_I32, shape.n_sequences());
        text_lengths = graph.input(GGML_TYPE_I32, shape.n_rows);
    } else if (shape.n_positions > 1 || shape.masked) {
        const int64_t n_masks = shape.n_rows == 1 ? 1 : shape.n_sequences();
        self_mask = graph.input(GGML_TYPE_F16, shape.n_cached, shape.n_positions, 1, n_masks);
    }
    if (shape.masked) {
        text_mask = graph.input(GGML_TYPE_F16, shape.n_text, shape.n_positions, 1, shape.n_rows);
    }
}

void DecoderInputs::set_constants() {
    set_periods(rotation, graph_, hparams_.rope_theta);
}

void DecoderInputs::set_position(int64_t row, int64_t t, int64_t position, span<const int32_t> tokens) {
    const int64_t N = shape_.n_columns();
    auto * all_ids = ids != nullptr ? graph_.values_of<int32_t>(ids) : nullptr;
    auto * positions = graph_.values_of<int32_t>(rotation.positions);
    auto * rows = graph_.values_of<int32_t>(cache_rows);
    for (int64_t g = 0; g < shape_.n_branches; ++g) {
        const int64_t sequence = g + shape_.n_branches * row;
        const int64_t column = t + shape_.n_positions * sequence;
        for (int64_t c = 0; all_ids != nullptr && c < hparams_.num_channels; ++c) {
            all_ids[c * N + column] =
                tokens[static_cast<size_t>(c)] + static_cast<int32_t>(c) * hparams_.vocab_size;
        }
        positions[column] = static_cast<int32_t>(position);
        rows[column] = static_cast<int32_t>(position);
        if (n_visible != nullptr) {
            graph_.values_of<int32_t>(n_visible)[sequence] = static_cast<int32_t>(position + 1);
        }
        if (self_mask != nullptr && sequence < self_mask->ne[3]) {
            show_first(self_mask, t + shape_.n_positions * sequence, position + 1);
        }
    }
}

void DecoderInputs::set_position_id(int64_t row, int64_t t, int64_t position_id) {
    for (int64_t g = 0; g < shape_.n_branches; ++g) {
        const int64_t column = t + shape_.n_positions * (g + shape_.n_branches * row);
        graph_.values_of<int32_t>(rotation.positions)[column] = static_cast<int32_t>(position_id);
    }
}

void DecoderInputs::set_text_length(int64_t row, int64_t length) {
    if (text_lengths != nullptr) {
        graph_.values_of<int32_t>(text_lengths)[row] = static_cast<int32_t>(length);
    }
    for (int64_t t = 0; text_mask != nullptr && t < shape_.n_positions; ++t) {
        show_first(text_mask, t + shape_.n_positions * row, length);
    }
}

void DecoderInputs::show_first(ggml_tensor * mask, int64_t query, int64_t n) {
    constexpr ggml_fp16_t kVisible = 0x0000;  // 0
    constexpr ggml_fp16_t kHidden = 0xFC00;   // -infinity
    ggml_fp16_t * row = graph_.values_of<ggml_fp16_t>(mask) + query * mask->ne[0];
    std::fill(std::fill_n(row, n, kVisible), row + mask->ne[0], kHidden);
}

DecoderTensors build_decoder(Graph & graph, const DecoderWeights & weights, const DecoderHparams & hparams,
                             const DecoderStage & stage, const DecoderShape & shape, const DecoderInputs & inputs,
                             const DecoderCaches & caches, const std::vector<ggml_tensor *> & unconditional,
                             RowLinear * row_linear) {
    DecoderTensors tensors;
    const Linear linear(graph, row_linear, shape.is_step());
    const Batch batch{graph, hparams, shape, inputs, caches, linear, tensors};
    ggml_context * ctx = graph.context();
    const float eps = hparams.norm_eps;

    ggml_tensor * x = stage.has_embeddings ? embed(batch, weights.embeddings) : inputs.stream;  // [H, N]
    for (auto i = static_cast<size_t>(stage.first); i < static_cast<size_t>(stage.end); ++i) {
        const DecoderLayerWeights & layer = weights.layers[i];
        tensors.layer_inputs.push_back(x);
        x = ggml_add(ctx, x, self_attention(batch, i, layer, rms_norm(ctx, x, layer.pre_sa_norm, eps)));
        x = add_cross_attention(batch, i, layer, x, shape.n_branches == 2 ? unconditional[i] : nullptr);
        x = ggml_add(
            ctx, x,
            gated_mlp(ctx, linear, layer.gate_up_proj, layer.down_proj, rms_norm(ctx, x, layer.pre_mlp_norm, eps)));
    }
    tensors.stream = x;
    if (!stage.has_head) {
        graph.add_output(x);
        return tensors;
    }
    tensors.normed_states = rms_norm(ctx, wanted_columns(batch, x), weights.norm, eps);
    graph.add(tensors.normed_states);
    if (shape.with_logits) {
        tensors.logits = batch.linear(weights.logits_dense, tensors.normed_states);
        graph.add_output(tensors.logits);
    }
    return tensors;
}

size_t decoder_graph_size(const DecoderHparams & hparams) {
    return 96 * static_cast<size_t>(hparams.num_hidden_layers) + 2 * static_cast<size_t>(hparams.num_channels) + 32;
}

void build_cross_cache(Graph & graph, const DecoderWeights & weights, const DecoderHparams & hparams,
                       const DecoderStage & stage, ggml_tensor * states, ggml_tensor * cache_rows,
                       const KvCache & cross, int64_t row, RowLinear * row_linear) {
    ggml_context * ctx = graph.context();
    const Linear linear(graph, row_linear, false);
    const int64_t D = hparams.cross_head_dim;
    const int64_t K = hparams.cross_num_key_value_heads;
    for (auto i = static_cast<size_t>(stage.first); i < static_cast<size_t>(stage.end); ++i) {
        ggml_tensor * kv = linear(weights.layers[i].cross_kv_proj, states);  // [(K + K) D, S]
        store(graph, heads_of(ctx, kv, 0, D, K), cross.keys_view(ctx, i, cross.capacity(), row, 1), cache_rows);
        store(graph, heads_of(ctx, kv, K * D, D, K), cross.values_view(ctx, i, cross.capacity(), row, 1),
              cache_rows);
    }
}

}  // namespace dia
