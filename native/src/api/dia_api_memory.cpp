// The part of the C interface that tells what speaking will take.

#include <algorithm>

#include "api/api_guard.h"
#include "api/memory_struct.h"
#include "api/model_handle.h"
#include "api/versioned_struct.h"
#include "dia/dia.h"
#include "generation/generation_params.h"
#include "generation/length_limit.h"
#include "model/model.h"
#include "model/text_encoding.h"
#include "support/error.h"

namespace dia {

dia_memory_estimate memory_struct(const std::shared_ptr<const Model> & model, const DecoderSessionOptions & options,
                                  int32_t device) {
    const int32_t n_devices = model->placement.device().is_gpu() ? 2 : 1;
    if (device < 0 || device >= n_devices) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "device is %d, expected 0, the processor%s", device,
             n_devices == 2 ? ", or 1, the GPU" : "");
    }
    const Device whose = device == 0 ? Device() : model->placement.device();
    const MemoryEstimate estimate = estimate_memory(model, options, whose);
    dia_memory_estimate result = {};
    result.n_devices = n_devices;
    result.device = whose.name();
    result.weights_mapped = estimate.weights_mapped ? 1 : 0;
    result.weights = estimate.weights;
    result.self_cache = estimate.self_cache;
    result.cross_cache = estimate.cross_cache;
    result.encoder = estimate.encoder;
    result.prefill = estimate.prefill;
    result.step = estimate.step;
    result.codec = estimate.codec;
    result.audio = estimate.audio;
    result.other = estimate.other;
    result.process = estimate.process;
    result.total = estimate.total();
    result.total_streaming = estimate.total_streaming();
    return result;
}

}  // namespace dia

namespace {

constexpr int32_t kMostRows = 1 << 16;

dia_memory_request default_request() {
    dia_memory_request request = {};
    request.struct_size = sizeof(request);
    request.n_rows = 1;
    request.kv_type = DIA_TYPE_AUTO;
    return request;
}

// How the rows would be generated: as the model's file states, but for what the request says.
dia_generation_params params_of(const dia_memory_request & request, const dia::Model & model) {
    dia_generation_params params = dia::generation_params_of(model.hparams.generation);
    params.max_new_tokens = request.max_new_tokens;
    params.max_length = request.max_length;
    params.max_seconds = request.max_seconds;
    params.kv_type = request.kv_type;
    params.n_threads = request.n_threads;
    if (request.guidance_scale != 0.0f) {
        params.guidance_scale = request.guidance_scale;
    }
    dia::validate(params);
    return params;
}

dia::DecoderSessionOptions session_options_of(const dia_memory_request & request, const dia::Model & model) {
    if (request.n_rows < 1 || request.n_rows > kMostRows) {
        dia::fail(DIA_STATUS_INVALID_ARGUMENT, "n_rows is %d, expected 1 to %d", request.n_rows, kMostRows);
    }
    if (request.n_prompt_frames < 0 || request.n_prompt_frames > dia::kMaxPositions) {
        dia::fail(DIA_STATUS_INVALID_ARGUMENT, "n_prompt_frames is %lld, expected 0 to %lld",
                  static_cast<long long>(request.n_prompt_frames), static_cast<long long>(dia::kMaxPositions));
    }
    const dia_generation_params params = params_of(request, model);
    dia::DecoderSessionOptions options;
    options.n_rows = request.n_rows;
    options.n_text = request.n_text != 0 ? request.n_text : model.hparams.dia.encoder.max_position_embeddings;
    dia::require_text_length(model, options.n_text);
    options.n_prefix = 1 + request.n_prompt_frames;
    const int64_t limit = dia::length_limit(params, options.n_prefix, model.hparams.dia.max_delay(),
                                            dia::frame_rate_of(model.hparams));
    options.n_positions = std::max(options.n_prefix, limit - 1);  // the last one is not fed back
    options.guidance = dia::uses_guidance(params);
    options.kv_type = params.kv_type;
    options.n_threads = params.n_threads;
    return options;
}

}  // namespace

dia_status dia_memory_request_init(dia_memory_request * request, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(request, struct_size, default_request(), "request"); });
}

dia_status dia_estimate_memory(const char * path, const dia_model_params * params,
                               const dia_memory_request * request, int32_t device, dia_memory_estimate * estimate) {
    return dia::guard([&] {
        dia::require(path, "path");
        dia::LoadOptions options = dia::load_options_of(path, params);
        options.only_measure = true;
        options.progress = nullptr;
        const dia_memory_request given = dia::read_struct(request, default_request());
        const auto model = dia::load_model(path, options);
        dia::write_struct(estimate, dia::memory_struct(model, session_options_of(given, *model), device),
                          "estimate");
    });
}
