#include "model/decoder_run.h"

#include <algorithm>
#include <numeric>

#include "model/model.h"
#include "model/row_linear.h"
#include "support/error.h"

namespace dia {

DecoderRun::Part::Part(const Model & model, const DecoderStage & stage, const DecoderShape & run_shape,
                       const DecoderCaches & caches, const std::vector<ggml_tensor *> & unconditional,
                       RowLinear * row_linear, const Taps & taps)
    : graph(decoder_graph_size(model.hparams.dia.decoder), stage.device),
      shape(run_shape.on(stage.device)),
      inputs(graph, model.hparams.dia.decoder, shape, stage),
      tensors(build_decoder(graph, model.decoder, model.hparams.dia.decoder, stage, shape, inputs, caches,
                            unconditional, row_linear)) {
    if (taps.hidden_states) {
        graph.add_outputs(tensors.layer_inputs);
    }
    if (stage.has_head && (taps.hidden_states || !shape.with_logits)) {
        graph.add_output(tensors.normed_states);
    }
    if (taps.attentions) {
        graph.add_outputs(tensors.self_attentions);
        graph.add_outputs(tensors.cross_attentions);
    }
    allocate(graph, row_linear);
    inputs.set_constants();
}

DecoderRun::DecoderRun(const Model & model, const DecoderShape & shape, const DecoderCaches & caches,
                       const std::vector<ggml_tensor *> & unconditional, RowLinear * row_linear, const Taps & taps)
    : shape_(shape), taps_(taps) {
    const auto append = [](std::vector<ggml_tensor *> & all, const std::vector<ggml_tensor *> & more) {
        all.insert(all.end(), more.begin(), more.end());
    };
    for (const DecoderStage & stage : model.placement.decoder_stages()) {
        parts_.push_back(std::make_unique<Part>(model, stage, shape, caches, unconditional, row_linear, taps));
        const DecoderTensors & tensors = parts_.back()->tensors;
        tensors_.stream = tensors.stream;
        tensors_.normed_states = tensors.normed_states;
        tensors_.logits = tensors.logits;
        append(tensors_.layer_inputs, tensors.layer_inputs);
        append(tensors_.self_attentions, tensors.self_attentions);
        append(tensors_.cross_attentions, tensors.cross_attentions);
    }
}

bool DecoderRun::serves(const DecoderShape & shape, const Taps & taps) const {
    return taps == taps_ && std::all_of(parts_.begin(), parts_.end(), [&](const std::unique_ptr<Part> & part) {
               return part->shape == shape.on(part->graph.device());
           });
}

void DecoderRun::set_position(int64_t row, int64_t t, int64_t position, span<const int32_t> tokens) {
    for (const std::unique_ptr<Part> & part : parts_) {
        part->inputs.set_position(row, t, position, tokens);
    }
}

void DecoderRun::set_position_id(int64_t row, int64_t t, int64_t position_id) {
    for (const std::unique_ptr<Part> & part : parts_) {
        part->inputs.set_position_id(row, t, position_id);
    }
}

void DecoderRun::set_text_length(int64_t row, int64_t length) {
    for (const std::unique_ptr<Part> & part : parts_) {
        part->inputs.set_text_length(row, length);
    }
}

void DecoderRun::compute(const Backends & backends) {
    const Part * before = nullptr;
    for (const std::unique_ptr<Part> & part : parts_) {
        if (before != nullptr) {
            ggml_tensor * stream = part->inputs.stream;
            read_floats(before->tensors.stream, 0,
                        {part->graph.values_of<float>(stream), static_cast<size_t>(ggml_nelements(stream))});
        }
        backends.compute(part->graph);
        before = part.get();
    }
}

void fill_cross_cache(const Model & model, const Backends & backends, span<const float> states, KvCache & cache,
                      int64_t slot, RowLinear * row_linear) {
    const DecoderHparams & hparams = model.hparams.dia.decoder;
    const int64_t length = static_cast<int64_t>(states.size()) / hparams.cross_hidden_size;
    if (length > cache.capacity()) {
        cache.grow(length, cache.capacity());
    }
    for (const DecoderStage & stage : model.placement.decoder_stages()) {
        Graph graph(decoder_graph_size(hparams), stage.device);
        ggml_tensor * input = graph.input(GGML_TYPE_F32, hparams.cross_hidden_size, length);
        ggml_tensor * cache_rows = graph.input(GGML_TYPE_I32, length);
        build_cross_cache(graph, model.decoder, hparams, stage, input, cache_rows, cache, slot, row_linear);
        allocate(graph, row_linear);
        std::copy(states.begin(), states.end(), graph.values_of<float>(input));
        auto * rows = graph.values_of<int32_t>(cache_rows);
        std::iota(rows, rows + length, 0);
        backends.compute(graph);
    }
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
