#include "model/text_encoding.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "backend/backend.h"
#include "backend/cpu_topology.h"
#include "backend/graph.h"
#include "model/encoder.h"
#include "model/model.h"
#include "model/row_linear.h"
#include "support/error.h"

namespace dia {

namespace {

void require_finite_states(span<const float> states, size_t width) {
    const auto bad = std::find_if(states.begin(), states.end(), [](float value) { return !std::isfinite(value); });
    if (bad != states.end()) {
        fail(DIA_STATUS_NOT_A_NUMBER, "the encoder computed a NaN or an infinity at position %zu",
             static_cast<size_t>(bad - states.begin()) / width);
    }
}

std::vector<std::vector<float>> floats_of_each(const std::vector<ggml_tensor *> & tensors) {
    std::vector<std::vector<float>> values;
    values.reserve(tensors.size());
    for (const ggml_tensor * tensor : tensors) {
        values.push_back(floats_of(tensor));
    }
    return values;
}

void compute(EncoderRun & run, const Model & model, int32_t n_threads, const EncodingOptions & options) {
    const int64_t total = run.graph.n_operations();
    int64_t done = 0;  // ggml computes some operations together, so this need not reach the total
    const auto report = [&](int64_t n) { return !options.progress || options.progress(n, total); };
    make_backend(model.placement.of_encoder(), n_threads, [&] { return report(++done); })->compute(run.graph);
    if (!report(total)) {
        fail(DIA_STATUS_CANCELLED, "cancelled");
    }
}

}  // namespace

void require_text_length(const Model & model, int64_t n_input_ids) {
    const int64_t most = model.hparams.dia.encoder.max_position_embeddings;
    if (n_input_ids < 1) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "n_input_ids is %lld, expected 1 to %lld",
             static_cast<long long>(n_input_ids), static_cast<long long>(most));
    }
    if (n_input_ids > most) {
        fail(DIA_STATUS_TEXT_TOO_LONG, "the text has %lld tokens; the model reads at most %lld",
             static_cast<long long>(n_input_ids), static_cast<long long>(most));
    }
}

std::shared_ptr<const TextEncoding> encode(std::shared_ptr<const Model> model, span<const int32_t> input_ids,
                                           span<const int32_t> position_ids, const EncodingOptions & options) {
    require_text_length(*model, static_cast<int64_t>(input_ids.size()));
    const int32_t n_threads = resolve_thread_count(require_thread_count(options.n_threads), model->n_parameters);
    RowLinear row_linear(n_threads);
    EncoderRun run(*model, input_ids, position_ids, options.taps, &row_linear);
    compute(run, *model, n_threads, options);

    auto encoding = std::make_shared<TextEncoding>();
    encoding->length = static_cast<int64_t>(input_ids.size());
    encoding->states = floats_of(run.tensors.states);
    require_finite_states(encoding->states, static_cast<size_t>(model->hparams.dia.encoder.hidden_size));
    if (options.taps.hidden_states) {
        encoding->layer_inputs = floats_of_each(run.tensors.layer_inputs);
    }
    if (options.taps.attentions) {
        encoding->attentions = floats_of_each(run.tensors.attentions);
    }
    encoding->model = std::move(model);
    return encoding;
}

}  // namespace dia
