#include "model/decoder_run.h"

#include <algorithm>
#include <numeric>

#include "model/model.h"
#include "model/row_linear.h"
#include "support/error.h"

namespace dia {

DecoderRun::DecoderRun(const Model & model, const DecoderShape & run_shape, const DecoderCaches & caches,
                       ggml_tensor * unconditional, RowLinear * row_linear, const Taps & run_taps)
    : graph(decoder_graph_size(model.hparams.dia.decoder), model.device),
      inputs(graph, model.hparams.dia.decoder, run_shape),
      shape(run_shape),
      taps(run_taps),
      tensors(build_decoder(graph, model.decoder, model.hparams.dia.decoder, run_shape, inputs, caches,
                            unconditional, row_linear)) {
    if (taps.hidden_states) {
        graph.add_outputs(tensors.layer_inputs);
    }
    if (taps.hidden_states || !shape.with_logits) {
        graph.add_output(tensors.normed_states);
    }
    if (taps.attentions) {
        graph.add_outputs(tensors.self_attentions);
        graph.add_outputs(tensors.cross_attentions);
    }
    graph.allocate();
    if (row_linear != nullptr) {
        row_linear->allocate();
    }
    inputs.set_constants();
}

void fill_cross_cache(const Model & model, Backend & backend, span<const float> states, KvCache & cache,
                      int64_t slot, RowLinear * row_linear) {
    const DecoderHparams & hparams = model.hparams.dia.decoder;
    const int64_t length = static_cast<int64_t>(states.size()) / hparams.cross_hidden_size;
    if (length > cache.capacity()) {
        cache.grow(length, cache.capacity());
    }
    Graph graph(decoder_graph_size(hparams), model.device);
    ggml_tensor * input = graph.input(GGML_TYPE_F32, hparams.cross_hidden_size, length);
    ggml_tensor * cache_rows = graph.input(GGML_TYPE_I32, length);
    build_cross_cache(graph, model.decoder, hparams, input, cache_rows, cache, slot, row_linear);
    graph.allocate();
    if (row_linear != nullptr) {
        row_linear->allocate();
    }
    std::copy(states.begin(), states.end(), graph.values_of<float>(input));
    auto * rows = graph.values_of<int32_t>(cache_rows);
    std::iota(rows, rows + length, 0);
    backend.compute(graph);
}

ggml_type cache_type(dia_type requested, const Model & model) {
    const DecoderHparams & hparams = model.hparams.dia.decoder;
    switch (requested) {
        case DIA_TYPE_AUTO:
            return model.decoder.layers.front().qkv_proj->type == GGML_TYPE_F32 ? GGML_TYPE_F32 : GGML_TYPE_F16;
        case DIA_TYPE_F32:
        case DIA_TYPE_F16:
            break;
        case DIA_TYPE_Q8_0:
            if (hparams.head_dim % 32 != 0 || hparams.cross_head_dim % 32 != 0) {
                fail(DIA_STATUS_INVALID_ARGUMENT,
                     "kv_type is %d (q8_0), whose blocks hold 32 values, but the heads of this model are %d wide, "
                     "and "
                     "those of its cross-attention %d; choose f16",
                     DIA_TYPE_Q8_0, hparams.head_dim, hparams.cross_head_dim);
            }
            break;
        default:
            fail(DIA_STATUS_INVALID_ARGUMENT, "kv_type is %d, expected F32 (0), F16 (1) or Q8_0 (8)",
                 static_cast<int>(requested));
    }
    return static_cast<ggml_type>(requested);
}

}  // namespace dia
