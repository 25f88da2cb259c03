#include "model/encoder.h"

#include <algorithm>
#include <numeric>

#include "gguf/hparams.h"
#include "model/layers.h"
#include "model/model.h"
#include "model/row_linear.h"
#include "support/error.h"

namespace dia {

namespace {

// Every byte attends to every byte. x F32 [E, S]; returns heads side by side, F32 [D * A, S]
Attention self_attention(ggml_context * ctx, const Linear & linear, const EncoderLayerWeights & layer,
                         const EncoderHparams & hparams, ggml_tensor * x, const Rotation & rotation) {
    const int64_t D = hparams.head_dim;
    const int64_t A = hparams.num_attention_heads;
    const int64_t K = hparams.num_key_value_heads;

    ggml_tensor * qkv = linear(layer.qkv_proj, x);                           // [(A + K + K) D, S]
    ggml_tensor * q = rope(ctx, heads_of(ctx, qkv, 0, D, A), rotation);      // [D, A, S]
    ggml_tensor * k = rope(ctx, heads_of(ctx, qkv, A * D, D, K), rotation);  // [D, K, S]
    ggml_tensor * v = heads_of(ctx, qkv, (A + K) * D, D, K);                 // [D, K, S]
    k = ggml_permute(ctx, k, 0, 2, 1, 3);                                    // [D, S, K]
    v = ggml_permute(ctx, v, 0, 2, 1, 3);                                    // [D, S, K]
    return attention(ctx, q, k, v, nullptr);
}

int64_t checked_length(span<const int32_t> ids, span<const int32_t> position_ids, const EncoderHparams & hparams) {
    if (ids.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "the text is empty, expected at least one token");
    }
    for (size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] < 0 || ids[i] >= hparams.vocab_size) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "text token %zu is %d, expected 0 to %d", i, ids[i],
                 hparams.vocab_size - 1);
        }
    }
    if (!position_ids.empty()) {
        check_position_ids(position_ids, ids.size());
    }
    return static_cast<int64_t>(ids.size());
}

}  // namespace

EncoderInputs::EncoderInputs(Graph & graph, const EncoderHparams & hparams, int64_t length)
    : ids(graph.input(GGML_TYPE_I32, length)),
      rotation{graph.input(GGML_TYPE_I32, length), graph.input(GGML_TYPE_F32, hparams.head_dim / 2)},
      graph_(graph) {}

void EncoderInputs::set(const EncoderHparams & hparams, span<const int32_t> text,
                        span<const int32_t> position_ids) {
    std::copy(text.begin(), text.end(), graph_.values_of<int32_t>(ids));
    auto * positions = graph_.values_of<int32_t>(rotation.positions);
    std::iota(positions, positions + text.size(), 0);
    std::copy(position_ids.begin(), position_ids.end(), positions);
    set_periods(rotation, graph_, hparams.rope_theta);
}

EncoderTensors build_encoder(Graph & graph, const EncoderWeights & weights, const EncoderHparams & hparams,
                             const EncoderInputs & inputs, RowLinear * row_linear) {
    EncoderTensors tensors;
    ggml_context * ctx = graph.context();
    const Linear linear(graph, row_linear, false);
    ggml_tensor * x = ggml_get_rows(ctx, weights.embedding, inputs.ids);  // [E, S]
    for (size_t i = 0; i < weights.layers.size(); ++i) {
        const EncoderLayerWeights & layer = weights.layers[i];
        tensors.layer_inputs.push_back(x);
        ggml_tensor * normed = rms_norm(ctx, x, layer.pre_sa_norm, hparams.norm_eps);
        const Attention result = self_attention(ctx, linear, layer, hparams, normed, inputs.rotation);
        tensors.attentions.push_back(result.weights);
        x = ggml_add(ctx, x, linear(layer.o_proj, result.mixed));
        normed = rms_norm(ctx, x, layer.post_sa_norm, hparams.norm_eps);
        x = ggml_add(ctx, x, gated_mlp(ctx, linear, layer.gate_up_proj, layer.down_proj, normed));
    }
    tensors.states = rms_norm(ctx, x, weights.norm, hparams.norm_eps);
    graph.add_output(tensors.states);
    return tensors;
}

size_t encoder_graph_size(const EncoderHparams & hparams) {
    return 48 * static_cast<size_t>(hparams.num_hidden_layers) + 16;
}

EncoderRun::EncoderRun(const Model & model, span<const int32_t> text, span<const int32_t> position_ids,
                       const Taps & taps, RowLinear * row_linear)
    : graph(encoder_graph_size(model.hparams.dia.encoder), model.placement.of_encoder()),
      inputs(graph, model.hparams.dia.encoder, checked_length(text, position_ids, model.hparams.dia.encoder)),
      tensors(build_encoder(graph, model.encoder, model.hparams.dia.encoder, inputs, row_linear)) {
    if (taps.hidden_states) {
        graph.add_outputs(tensors.layer_inputs);
    }
    if (taps.attentions) {
        graph.add_outputs(tensors.attentions);
    }
    allocate(graph, row_linear);
    inputs.set(model.hparams.dia.encoder, text, position_ids);
}

std::vector<float> encode_text(const Model & model, const Backends & backends, span<const int32_t> ids,
                               RowLinear * row_linear) {
    EncoderRun run(model, ids, {}, {}, row_linear);
    backends.compute(run.graph);
    return floats_of(run.tensors.states);
}

}  // namespace dia
