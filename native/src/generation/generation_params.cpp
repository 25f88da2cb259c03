#include "generation/generation_params.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "gguf/hparams.h"
#include "support/error.h"

namespace dia {

namespace {

void require_flag(const char * name, int32_t value) {
    if (value != 0 && value != 1) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s must be 0 or 1, found %d", name, value);
    }
}

void require_between(const char * name, int64_t value, int64_t min, int64_t max) {
    if (value < min || value > max) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s must be %lld to %lld, found %lld", name, static_cast<long long>(min),
             static_cast<long long>(max), static_cast<long long>(value));
    }
}

// `in_range` is false for a NaN: every comparison with one is.
void require_range(const char * name, const char * range, double value, bool in_range) {
    if (!in_range || !std::isfinite(value)) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s must be %s, found %g", name, range, value);
    }
}

}  // namespace

void require_kv_type(const dia_type & type) {
    int32_t number = 0;  // the enumeration comes through the C interface, where it can hold any value
    static_assert(sizeof number == sizeof type);
    std::memcpy(&number, &type, sizeof number);
    if (number != DIA_TYPE_AUTO && number != DIA_TYPE_F32 && number != DIA_TYPE_F16 && number != DIA_TYPE_Q8_0) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "kv_type must be %d (auto), %d (f32), %d (f16) or %d (q8_0), found %d",
             DIA_TYPE_AUTO, DIA_TYPE_F32, DIA_TYPE_F16, DIA_TYPE_Q8_0, number);
    }
}

dia_generation_params default_generation_params() {
    return generation_params_of(GenerationDefaults());
}

dia_generation_params generation_params_of(const GenerationDefaults & defaults) {
    dia_generation_params params = {};
    params.struct_size = sizeof params;
    params.do_sample = defaults.do_sample ? 1 : 0;
    params.temperature = defaults.temperature;
    params.top_p = defaults.top_p;
    params.top_k = defaults.top_k;
    params.guidance_scale = defaults.guidance_scale;
    params.default_max_length = defaults.max_length;
    params.kv_type = DIA_TYPE_AUTO;
    params.typical_p = 1.0f;
    params.repetition_penalty = 1.0f;
    params.exponential_decay_factor = 1.0f;
    return params;
}

void validate(const dia_generation_params & params) {
    const auto real = [](float value) { return static_cast<double>(value); };
    require_flag("do_sample", params.do_sample);
    require_range("temperature", "0 or more", real(params.temperature), params.temperature >= 0.0f);
    require_range("top_p", "above 0 and at most 1", real(params.top_p),
                  params.top_p > 0.0f && params.top_p <= 1.0f);
    require_between("top_k", params.top_k, 0, std::numeric_limits<int32_t>::max());
    require_range("guidance_scale", "1 or more", real(params.guidance_scale), params.guidance_scale >= 1.0f);
    require_flag("has_seed", params.has_seed);
    require_between("n_threads", params.n_threads, 0, kMaxThreads);
    require_between("max_new_tokens", params.max_new_tokens, 0, kMaxPositions);
    require_between("max_length", params.max_length, 0, kMaxPositions);
    require_between("min_new_tokens", params.min_new_tokens, 0, kMaxPositions);
    require_range("max_seconds", "0 or more", params.max_seconds, params.max_seconds >= 0.0);
    require_between("default_max_length", params.default_max_length, 1, kMaxPositions);
    require_kv_type(params.kv_type);
    require_range("min_p", "0 to 1", real(params.min_p), params.min_p >= 0.0f && params.min_p <= 1.0f);
    require_range("typical_p", "above 0 and at most 1", real(params.typical_p),
                  params.typical_p > 0.0f && params.typical_p <= 1.0f);
    require_range("top_h", "0 to 1", real(params.top_h), params.top_h >= 0.0f && params.top_h <= 1.0f);
    require_range("epsilon_cutoff", "0 or more and below 1", real(params.epsilon_cutoff),
                  params.epsilon_cutoff >= 0.0f && params.epsilon_cutoff < 1.0f);
    require_range("eta_cutoff", "0 or more and below 1", real(params.eta_cutoff),
                  params.eta_cutoff >= 0.0f && params.eta_cutoff < 1.0f);
    require_range("repetition_penalty", "above 0", real(params.repetition_penalty),
                  params.repetition_penalty > 0.0f);
    require_between("no_repeat_ngram_size", params.no_repeat_ngram_size, 0, kMaxPositions);
    require_flag("renormalize_logits", params.renormalize_logits);
    require_between("min_length", params.min_length, 0, kMaxPositions);
    require_between("exponential_decay_start", params.exponential_decay_start, 0, kMaxPositions);
    require_range("exponential_decay_factor", "above 0", real(params.exponential_decay_factor),
                  params.exponential_decay_factor > 0.0f);
    require_flag("keep_scores", params.keep_scores);
}

dia_generation_params without_arrays(const dia_generation_params & params) {
    dia_generation_params copy = params;
    copy.suppress_tokens = nullptr;
    copy.n_suppress_tokens = 0;
    copy.begin_suppress_tokens = nullptr;
    copy.n_begin_suppress_tokens = 0;
    copy.bad_words = nullptr;
    copy.n_bad_words = 0;
    copy.sequence_biases = nullptr;
    copy.n_sequence_biases = 0;
    return copy;
}

}  // namespace dia
