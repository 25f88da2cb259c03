// The options of generation, dia_generation_params of dia.h: their defaults and their ranges.
#pragma once

#include <cstdint>

#include "dia/dia.h"

namespace dia {

struct GenerationDefaults;

// Most positions that a limit may ask for: about three hours of audio.
constexpr int64_t kMaxPositions = 1 << 20;

// Most threads that may be asked for; ggml's own bound.
constexpr int32_t kMaxThreads = 512;

// The defaults of the reference.
dia_generation_params default_generation_params();

// Those that a model's file states.
dia_generation_params generation_params_of(const GenerationDefaults & defaults);

// Throws DIA_STATUS_INVALID_ARGUMENT, naming the option, its range and its value.
void validate(const dia_generation_params & params);

// The same for the type of the caches alone: automatic, F32 or F16.
void require_kv_type(const dia_type & type);

// The same without the arrays, which are the caller's: what may be kept.
dia_generation_params without_arrays(const dia_generation_params & params);

// Whether the unconditional branch is needed.
inline bool uses_guidance(const dia_generation_params & params) {
    return params.guidance_scale != 1.0f;
}

// Whether tokens are drawn; otherwise the best ones are taken.
inline bool draws_tokens(const dia_generation_params & params) {
    return params.do_sample != 0 && params.temperature > 0.0f;
}

}  // namespace dia
