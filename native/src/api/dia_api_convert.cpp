// The part of the C interface that turns checkpoints into GGUF files.

#include "api/api_guard.h"
#include "api/progress.h"
#include "api/versioned_struct.h"
#include "api/write_options.h"
#include "convert/converter.h"
#include "dia/dia.h"

namespace {

constexpr size_t kLongestModelName = 255;

dia_convert_params default_convert_params() {
    dia_convert_params params = {};
    params.struct_size = sizeof(params);
    params.type = DIA_TYPE_AUTO;
    params.codec_type = DIA_TYPE_AUTO;
    params.format = DIA_CHECKPOINT_FORMAT_AUTO;
    params.mix = DIA_MIX_NONE;
    return params;
}

std::string name_of(const std::string & name) {
    if (name.empty() || name.size() > kLongestModelName) {
        dia::fail(DIA_STATUS_INVALID_ARGUMENT, "model_name has %zu bytes, expected 1 to %zu", name.size(),
                  kLongestModelName);
    }
    return name;
}

dia_checkpoint_format format_of(const dia_checkpoint_format & format) {
    const int32_t number = dia::raw_value(format);
    if (number < DIA_CHECKPOINT_FORMAT_AUTO || number > DIA_CHECKPOINT_FORMAT_TTS_CPP) {
        dia::fail(DIA_STATUS_INVALID_ARGUMENT, "format is %d, which is no dia_checkpoint_format", number);
    }
    return static_cast<dia_checkpoint_format>(number);
}

dia::ConvertOptions options_of(const dia_convert_params & params) {
    dia::ConvertOptions options;
    options.format = format_of(params.format);
    options.model_dir = &dia::require(params.model_dir, "model_dir");
    options.codec_dir = params.codec_dir == nullptr ? "" : params.codec_dir;
    options.model_name = params.model_name == nullptr ? "" : name_of(params.model_name);
    options.write.types.type = dia::type_of(params.type, "type");
    options.write.types.codec_type = dia::type_of(params.codec_type, "codec_type");
    options.write.types.mix = dia::mix_of(params.mix);
    options.write.types.overrides = dia::overrides_of(params.overrides, params.n_overrides);
    options.write.importance_path = params.importance_path == nullptr ? "" : params.importance_path;
    options.write.n_threads = params.n_threads;
    options.write.output_path = &dia::require(params.output_path, "output_path");
    options.write.progress = dia::progress_of(params.progress, params.user_data);
    return options;
}

}  // namespace

dia_checkpoint_format dia_checkpoint_format_of(const char * model_dir) {
    return dia::guard_or(DIA_CHECKPOINT_FORMAT_HUGGING_FACE,
                         [&] { return dia::checkpoint_format_of(&dia::require(model_dir, "model_dir")); });
}

dia_status dia_convert_params_init(dia_convert_params * params, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(params, struct_size, default_convert_params(), "params"); });
}

dia_status dia_convert(const dia_convert_params * params) {
    return dia::guard([&] {
        const dia_convert_params & given = dia::require(params, "params");
        dia::convert_checkpoint(options_of(dia::read_struct(given, default_convert_params())));
    });
}
