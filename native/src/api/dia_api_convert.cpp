// The part of the C interface that turns checkpoints into GGUF files.

#include "api/api_guard.h"
#include "api/progress.h"
#include "api/versioned_struct.h"
#include "convert/converter.h"
#include "dia/dia.h"

namespace {

dia_convert_params default_convert_params() {
    dia_convert_params params = {};
    params.struct_size = sizeof(params);
    params.type = DIA_TYPE_AUTO;
    params.codec_type = DIA_TYPE_AUTO;
    return params;
}

// Any number may stand in an enumeration of a caller's structure.
dia_type type_of(const dia_type & type, const char * name) {
    switch (const int32_t number = dia::raw_value(type)) {
        case DIA_TYPE_AUTO:
        case DIA_TYPE_F32:
        case DIA_TYPE_F16:
        case DIA_TYPE_Q8_0:
        case DIA_TYPE_BF16:
            return static_cast<dia_type>(number);
        default:
            dia::fail(DIA_STATUS_INVALID_ARGUMENT, "%s is %d, which is no dia_type", name, number);
    }
}

dia::ConvertOptions options_of(const dia_convert_params & params) {
    dia::ConvertOptions options;
    options.type = type_of(params.type, "type");
    options.codec_type = type_of(params.codec_type, "codec_type");
    options.model_dir = &dia::require(params.model_dir, "model_dir");
    options.codec_dir = params.codec_dir == nullptr ? "" : params.codec_dir;
    options.output_path = &dia::require(params.output_path, "output_path");
    options.progress = dia::progress_of(params.progress, params.user_data);
    return options;
}

}  // namespace

dia_status dia_convert_params_init(dia_convert_params * params, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(params, struct_size, default_convert_params(), "params"); });
}

dia_status dia_convert(const dia_convert_params * params) {
    return dia::guard([&] {
        const dia_convert_params & given = dia::require(params, "params");
        dia::convert_checkpoint(options_of(dia::read_struct(given, default_convert_params())));
    });
}
