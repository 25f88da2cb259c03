// The part of the C interface that makes models of random weights.

#include "api/api_guard.h"
#include "api/progress.h"
#include "api/versioned_struct.h"
#include "api/write_options.h"
#include "dia/dia.h"
#include "synthesis/synthesizer.h"

namespace {

dia_synthesize_params default_synthesize_params() {
    dia_synthesize_params params = {};
    params.struct_size = sizeof(params);
    params.type = DIA_TYPE_AUTO;
    params.codec_type = DIA_TYPE_AUTO;
    params.mix = DIA_MIX_NONE;
    return params;
}

dia::SynthesisOptions options_of(const dia_synthesize_params & params) {
    dia::SynthesisOptions options;
    options.preset = &dia::require(params.preset, "preset");
    options.seed = params.seed;
    options.write.types.type = dia::type_of(params.type, "type");
    options.write.types.codec_type = dia::type_of(params.codec_type, "codec_type");
    options.write.types.mix = dia::mix_of(params.mix);
    options.write.n_threads = params.n_threads;
    options.write.output_path = &dia::require(params.output_path, "output_path");
    options.write.progress = dia::progress_of(params.progress, params.user_data);
    return options;
}

}  // namespace

dia_status dia_synthesize_params_init(dia_synthesize_params * params, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(params, struct_size, default_synthesize_params(), "params"); });
}

dia_status dia_synthesize(const dia_synthesize_params * params) {
    return dia::guard([&] {
        const dia_synthesize_params & given = dia::require(params, "params");
        dia::synthesize_model(options_of(dia::read_struct(given, default_synthesize_params())));
    });
}
