// The part of the C interface that stores the tensors of a GGUF file as other types.

#include <algorithm>
#include <string>
#include <vector>

#include "api/api_guard.h"
#include "api/gguf_handle.h"
#include "api/model_handle.h"
#include "api/progress.h"
#include "api/versioned_struct.h"
#include "api/write_options.h"
#include "dia/dia.h"
#include "generation/generation_params.h"
#include "quantize/importance_meter.h"
#include "quantize/quantizer.h"

namespace {

dia_quantize_params default_quantize_params() {
    dia_quantize_params params = {};
    params.struct_size = sizeof(params);
    params.type = DIA_TYPE_AUTO;
    params.codec_type = DIA_TYPE_AUTO;
    params.mix = DIA_MIX_NONE;
    return params;
}

// The lines that are not empty.
std::vector<std::string> lines_of(const std::string & text) {
    std::vector<std::string> lines;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
        if (end > begin) {
            lines.push_back(text.substr(begin, end - begin));
        }
        begin = end + 1;
    }
    return lines;
}

dia::ImportanceOptions options_of(const dia_importance_params & params, const dia::Model & model) {
    dia::ImportanceOptions options;
    options.scripts = lines_of(&dia::require(params.scripts, "scripts"));
    options.generation = dia::read_struct(params.generation, dia::generation_params_of(model.hparams.generation));
    options.output_path = &dia::require(params.output_path, "output_path");
    options.progress = dia::progress_of(params.progress, params.user_data);
    return options;
}

dia::QuantizeOptions options_of(const dia_quantize_params & params) {
    dia::QuantizeOptions options;
    options.input_path = &dia::require(params.input_path, "input_path");
    options.allow_requantize = params.allow_requantize != 0;
    options.write.types.type = dia::type_of(params.type, "type");
    options.write.types.codec_type = dia::type_of(params.codec_type, "codec_type");
    options.write.types.mix = dia::mix_of(params.mix);
    options.write.types.overrides = dia::overrides_of(params.overrides, params.n_overrides);
    options.write.importance_path = params.importance_path == nullptr ? "" : params.importance_path;
    options.write.n_threads = params.n_threads;
    options.write.output_path = params.output_path == nullptr ? "" : params.output_path;
    options.write.progress = dia::progress_of(params.progress, params.user_data);
    return options;
}

}  // namespace

dia_status dia_importance_params_init(dia_importance_params * params, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(params, struct_size, dia_importance_params{}, "params"); });
}

dia_status dia_importance_measure(const dia_model * model, const dia_importance_params * params) {
    return dia::guard([&] {
        const std::shared_ptr<const dia::Model> & loaded = dia::require(model, "model").model;
        const dia_importance_params given =
            dia::read_struct(dia::require(params, "params"), dia_importance_params{});
        dia::measure_importance(loaded, options_of(given, *loaded));
    });
}

dia_status dia_quantize_params_init(dia_quantize_params * params, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(params, struct_size, default_quantize_params(), "params"); });
}

dia_status dia_quantize(const dia_quantize_params * params) {
    return dia::guard([&] {
        const dia_quantize_params given =
            dia::read_struct(dia::require(params, "params"), default_quantize_params());
        dia::require(given.output_path, "output_path");
        dia::Quantizer(options_of(given)).write();
    });
}

dia_status dia_quantize_plan(const dia_quantize_params * params, dia_gguf ** out, int64_t * n_bytes) {
    return dia::guard([&] {
        dia::clear_output(out, "out");
        const dia_quantize_params given =
            dia::read_struct(dia::require(params, "params"), default_quantize_params());
        const dia::Quantizer quantizer(options_of(given));
        if (n_bytes != nullptr) {
            *n_bytes = static_cast<int64_t>(quantizer.n_bytes());
        }
        *out = std::make_unique<dia_gguf>(quantizer.tensors()).release();
    });
}
