#include "quantize/importance_meter.h"

#include <map>
#include <optional>

#include "generation/generator.h"
#include "model/model.h"
#include "quantize/importance.h"
#include "quantize/model_writer.h"
#include "support/error.h"

namespace dia {

namespace {

// Sums of squares of what each matrix is multiplied with.
class Sums {
public:
    explicit Sums(const Model & model) {
        for (const TensorEntry & entry : entries_of(model.hparams)) {
            if (entry.role == TensorRole::matrix) {
                sums_[entry.name].squares.resize(static_cast<size_t>(entry.shape[0]));
            }
        }
    }

    // weight [in, out], x F32 [in, N]
    void add(const ggml_tensor * weight, const ggml_tensor * x) {
        const auto found = sums_.find(weight->name);
        if (found == sums_.end()) {
            return;  // a product of attention
        }
        ColumnSums & sums = found->second;
        for (int64_t column = 0; column < x->ne[1]; ++column) {
            const auto * values = reinterpret_cast<const float *>(static_cast<const char *>(x->data) +
                                                                  static_cast<size_t>(column) * x->nb[1]);
            for (size_t i = 0; i < sums.squares.size(); ++i) {
                sums.squares[i] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
            }
        }
        sums.count += x->ne[1];
    }

    const std::map<std::string, ColumnSums> & get() const { return sums_; }

private:
    std::map<std::string, ColumnSums> sums_;
};

class Progress {
public:
    explicit Progress(const ImportanceOptions & options) : options_(options) {}

    void report(size_t script, int64_t done, int64_t limit) const {
        const auto n_scripts = static_cast<int64_t>(options_.scripts.size());
        if (options_.progress &&
            !options_.progress(static_cast<int64_t>(script) * limit + done, n_scripts * limit)) {
            fail(DIA_STATUS_CANCELLED, "%s: cancelled at script %zu of %zu", options_.output_path.c_str(),
                 script + 1, options_.scripts.size());
        }
    }

private:
    const ImportanceOptions & options_;
};

void speak(const std::shared_ptr<const Model> & model, const ImportanceOptions & options, size_t script,
           Sums & sums) {
    const Progress progress(options);
    dia_generation_params params = options.generation;
    if (params.has_seed == 0) {
        params.has_seed = 1;
        params.seed = script;
    }
    const PredictorFactory predictor = model_predictor(model);
    Generator generator(
        model->hparams.dia, frame_rate_of(model->hparams), params, [&](const DecoderSessionOptions & given) {
            DecoderSessionOptions observed = given;
            observed.observer = [&sums](const ggml_tensor * weight, const ggml_tensor * x) { sums.add(weight, x); };
            return predictor(observed);
        });
    generator.add_text(options.scripts[script]);
    const int64_t limit = generator.row(0).limit();
    progress.report(script, 0, limit);
    generator.prefill();
    for (int64_t done = 1; generator.step() > 0; ++done) {
        progress.report(script, done, limit);
    }
    progress.report(script, limit, limit);
}

}  // namespace

void measure_importance(const std::shared_ptr<const Model> & model, const ImportanceOptions & options) {
    if (options.scripts.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "there are no scripts to speak");
    }
    if (options.output_path.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "output_path is empty");
    }
    Sums sums(*model);
    for (size_t script = 0; script < options.scripts.size(); ++script) {
        speak(model, options, script, sums);
    }
    write_importance(options.output_path, sums.get(), static_cast<int64_t>(options.scripts.size()));
}

}  // namespace dia
