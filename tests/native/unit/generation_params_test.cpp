#include "generation/generation_params.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "expect_error.h"
#include "gguf/hparams.h"

namespace dia {
namespace {

TEST(GenerationParams, DefaultToThoseOfTheReference) {
    const dia_generation_params params = default_generation_params();
    EXPECT_EQ(params.struct_size, sizeof params);
    EXPECT_EQ(params.do_sample, 1);
    EXPECT_FLOAT_EQ(params.temperature, 1.2f);
    EXPECT_FLOAT_EQ(params.top_p, 0.95f);
    EXPECT_EQ(params.top_k, 45);
    EXPECT_FLOAT_EQ(params.guidance_scale, 3.0f);
    EXPECT_EQ(params.has_seed, 0);
    EXPECT_EQ(params.max_new_tokens, 0);
    EXPECT_EQ(params.max_length, 0);
    EXPECT_EQ(params.max_seconds, 0.0);
    EXPECT_EQ(params.default_max_length, 3072);
    EXPECT_EQ(params.kv_type, DIA_TYPE_AUTO);
    validate(params);
}

TEST(GenerationParams, LeaveEveryOtherOptionOff) {
    const dia_generation_params params = default_generation_params();
    EXPECT_EQ(params.min_p, 0.0f);
    EXPECT_EQ(params.typical_p, 1.0f);
    EXPECT_EQ(params.top_h, 0.0f);
    EXPECT_EQ(params.epsilon_cutoff, 0.0f);
    EXPECT_EQ(params.eta_cutoff, 0.0f);
    EXPECT_EQ(params.repetition_penalty, 1.0f);
    EXPECT_EQ(params.no_repeat_ngram_size, 0);
    EXPECT_EQ(params.renormalize_logits, 0);
    EXPECT_EQ(params.min_length, 0);
    EXPECT_EQ(params.exponential_decay_start, 0);
    EXPECT_EQ(params.exponential_decay_factor, 1.0f);
    EXPECT_EQ(params.keep_scores, 0);
    EXPECT_EQ(params.n_suppress_tokens, 0);
    EXPECT_EQ(params.n_begin_suppress_tokens, 0);
    EXPECT_EQ(params.n_bad_words, 0);
    EXPECT_EQ(params.n_sequence_biases, 0);
    EXPECT_EQ(params.logits_callback, nullptr);
}

TEST(GenerationParams, TakeWhatAModelsFileStates) {
    GenerationDefaults defaults;
    defaults.do_sample = false;
    defaults.temperature = 1.8f;
    defaults.top_k = 0;
    defaults.top_p = 0.9f;
    defaults.guidance_scale = 4.0f;
    defaults.max_length = 100;
    const dia_generation_params params = generation_params_of(defaults);
    EXPECT_EQ(params.do_sample, 0);
    EXPECT_FLOAT_EQ(params.temperature, 1.8f);
    EXPECT_EQ(params.top_k, 0);
    EXPECT_FLOAT_EQ(params.top_p, 0.9f);
    EXPECT_FLOAT_EQ(params.guidance_scale, 4.0f);
    EXPECT_EQ(params.default_max_length, 100);
}

struct Refusal {
    const char * message;
    std::function<void(dia_generation_params &)> change;
};

TEST(GenerationParams, AreRefusedOutsideTheirRangesByName) {
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    constexpr float kInf = std::numeric_limits<float>::infinity();
    const Refusal refusals[] = {
        {"do_sample must be 0 or 1, found 2", [](auto & p) { p.do_sample = 2; }},
        {"has_seed must be 0 or 1, found -1", [](auto & p) { p.has_seed = -1; }},
        {"temperature must be 0 or more, found -0.5", [](auto & p) { p.temperature = -0.5f; }},
        {"temperature must be 0 or more, found nan", [](auto & p) { p.temperature = kNan; }},
        {"temperature must be 0 or more, found inf", [](auto & p) { p.temperature = kInf; }},
        {"top_p must be above 0 and at most 1, found 0", [](auto & p) { p.top_p = 0.0f; }},
        {"top_p must be above 0 and at most 1, found 1.5", [](auto & p) { p.top_p = 1.5f; }},
        {"top_p must be above 0 and at most 1, found nan", [](auto & p) { p.top_p = kNan; }},
        {"top_k must be 0 to 2147483647, found -1", [](auto & p) { p.top_k = -1; }},
        {"guidance_scale must be 1 or more, found 0.5", [](auto & p) { p.guidance_scale = 0.5f; }},
        {"guidance_scale must be 1 or more, found nan", [](auto & p) { p.guidance_scale = kNan; }},
        {"guidance_scale must be 1 or more, found inf", [](auto & p) { p.guidance_scale = kInf; }},
        {"n_threads must be 0 to 512, found -1", [](auto & p) { p.n_threads = -1; }},
        {"n_threads must be 0 to 512, found 513", [](auto & p) { p.n_threads = 513; }},
        {"max_new_tokens must be 0 to 1048576, found -1", [](auto & p) { p.max_new_tokens = -1; }},
        {"max_new_tokens must be 0 to 1048576, found 9223372036854775807",
         [](auto & p) { p.max_new_tokens = std::numeric_limits<int64_t>::max(); }},
        {"max_length must be 0 to 1048576, found -3", [](auto & p) { p.max_length = -3; }},
        {"min_new_tokens must be 0 to 1048576, found -1", [](auto & p) { p.min_new_tokens = -1; }},
        {"max_seconds must be 0 or more, found -1", [](auto & p) { p.max_seconds = -1.0; }},
        {"max_seconds must be 0 or more, found nan", [](auto & p) { p.max_seconds = std::nan(""); }},
        {"max_seconds must be 0 or more, found inf", [](auto & p) { p.max_seconds = HUGE_VAL; }},
        {"default_max_length must be 1 to 1048576, found 0", [](auto & p) { p.default_max_length = 0; }},
        {"min_p must be 0 to 1, found -0.1", [](auto & p) { p.min_p = -0.1f; }},
        {"min_p must be 0 to 1, found 1.5", [](auto & p) { p.min_p = 1.5f; }},
        {"min_p must be 0 to 1, found nan", [](auto & p) { p.min_p = kNan; }},
        {"typical_p must be above 0 and at most 1, found 0", [](auto & p) { p.typical_p = 0.0f; }},
        {"typical_p must be above 0 and at most 1, found 2", [](auto & p) { p.typical_p = 2.0f; }},
        {"top_h must be 0 to 1, found 1.25", [](auto & p) { p.top_h = 1.25f; }},
        {"epsilon_cutoff must be 0 or more and below 1, found 1", [](auto & p) { p.epsilon_cutoff = 1.0f; }},
        {"eta_cutoff must be 0 or more and below 1, found -1", [](auto & p) { p.eta_cutoff = -1.0f; }},
        {"repetition_penalty must be above 0, found 0", [](auto & p) { p.repetition_penalty = 0.0f; }},
        {"repetition_penalty must be above 0, found inf", [](auto & p) { p.repetition_penalty = kInf; }},
        {"no_repeat_ngram_size must be 0 to 1048576, found -2", [](auto & p) { p.no_repeat_ngram_size = -2; }},
        {"renormalize_logits must be 0 or 1, found 3", [](auto & p) { p.renormalize_logits = 3; }},
        {"min_length must be 0 to 1048576, found -1", [](auto & p) { p.min_length = -1; }},
        {"exponential_decay_start must be 0 to 1048576, found -1",
         [](auto & p) { p.exponential_decay_start = -1; }},
        {"exponential_decay_factor must be above 0, found 0", [](auto & p) { p.exponential_decay_factor = 0.0f; }},
        {"keep_scores must be 0 or 1, found 2", [](auto & p) { p.keep_scores = 2; }},
        {"kv_type must be -1 (auto), 0 (f32), 1 (f16) or 8 (q8_0), found 2",
         [](auto & p) { p.kv_type = DIA_TYPE_Q4_0; }},
    };
    for (const Refusal & refusal : refusals) {
        dia_generation_params params = default_generation_params();
        refusal.change(params);
        testing::expect_error(DIA_STATUS_INVALID_ARGUMENT, {refusal.message}, [&] { validate(params); });
    }
}

TEST(GenerationParams, AreAcceptedAtTheEdgesOfTheirRanges) {
    dia_generation_params params = default_generation_params();
    params.temperature = 0.0f;
    params.top_p = 1.0f;
    params.top_k = 0;
    params.guidance_scale = 1.0f;
    params.n_threads = kMaxThreads;
    params.max_new_tokens = kMaxPositions;
    params.max_length = kMaxPositions;
    params.max_seconds = 1e9;
    validate(params);
    EXPECT_FALSE(uses_guidance(params));
    EXPECT_FALSE(draws_tokens(params));
}

}  // namespace
}  // namespace dia
