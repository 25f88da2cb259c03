#include "model/decoder_run.h"

#include <algorithm>

#include "model/model.h"

namespace dia {

DecoderRun::DecoderRun(const Model & model, const DecoderShape & run_shape, const DecoderCaches & caches,
                       ggml_tensor * unconditional, const Taps & run_taps)
    : graph(decoder_graph_size(model.hparams.dia.decoder)),
      inputs(graph, model.hparams.dia.decoder, run_shape, caches.self.capacity()),
      shape(run_shape),
      taps(run_taps),
      tensors(build_decoder(graph, model.decoder, model.hparams.dia.decoder, run_shape, inputs, caches,
                            unconditional)) {
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
    inputs.set_constants();
}

void fill_cross_cache(const Model & model, CpuBackend & backend, span<const float> states, KvCache & cache,
                      int64_t slot) {
    const DecoderHparams & hparams = model.hparams.dia.decoder;
    const int64_t length = static_cast<int64_t>(states.size()) / hparams.cross_hidden_size;
    if (length > cache.capacity()) {
        cache.grow(round_up(length, kTextBlock), cache.capacity());
    }
    Graph graph(decoder_graph_size(hparams));
    ggml_tensor * input = graph.input(GGML_TYPE_F32, hparams.cross_hidden_size, length);
    build_cross_cache(graph, model.decoder, hparams, input, cache, slot);
    graph.allocate();
    std::copy(states.begin(), states.end(), host_data<float>(input));
    backend.compute(graph.nodes());
}

dia_type default_cache_type(const Model & model) {
    return model.decoder.layers.front().qkv_proj->type == GGML_TYPE_F32 ? DIA_TYPE_F32 : DIA_TYPE_F16;
}

}  // namespace dia
