// What speaking will take, and the limit that refuses it, as a caller sees them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "dia/dia.h"
#include "refusal.h"
#include "tiny_model.h"

namespace dia_abi {
namespace {

dia_memory_request request() {
    dia_memory_request request;
    EXPECT_EQ(dia_memory_request_init(&request, sizeof request), DIA_STATUS_OK);
    request.n_text = 100;
    request.max_new_tokens = 300;
    return request;
}

// For the processor, also where there is a GPU.
dia_model_params model_params() {
    dia_model_params params;
    EXPECT_EQ(dia_model_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.device = "CPU";
    return params;
}

dia_memory_estimate estimate(const dia_memory_request & request, const dia_model_params & params = model_params()) {
    dia_memory_estimate estimate = {};
    estimate.struct_size = sizeof estimate;
    EXPECT_EQ(dia_estimate_memory(tiny_model_path().c_str(), &params, &request, 0, &estimate), DIA_STATUS_OK)
        << dia_last_error_message();
    return estimate;
}

TEST(Memory, IsItemisedBeforeLoading) {
    const dia_memory_estimate told = estimate(request());
    EXPECT_STREQ(told.device, "CPU");
    EXPECT_EQ(told.n_devices, 1);
    EXPECT_EQ(told.weights_mapped, 1);
    for (const int64_t item : {told.weights, told.self_cache, told.cross_cache, told.encoder, told.prefill,
                               told.step, told.codec, told.audio, told.other}) {
        EXPECT_GT(item, 0);
    }
    EXPECT_LT(told.weights, tiny_config().n_bytes) << "without a prompt, the codec's encoder is not touched";
    EXPECT_GE(told.total, told.weights + told.codec);
    EXPECT_GE(told.total_streaming, told.total);
    EXPECT_LE(told.total_streaming, told.weights + told.self_cache + told.cross_cache + told.encoder +
                                        told.prefill + told.step + told.codec + told.audio + told.other +
                                        told.process);
}

TEST(Memory, DependsOnWhatIsSpoken) {
    const dia_memory_estimate least = estimate(request());
    dia_memory_request more = request();
    more.n_rows = 4;
    EXPECT_NEAR(static_cast<double>(estimate(more).self_cache), 4.0 * static_cast<double>(least.self_cache), 256.0);
    EXPECT_EQ(estimate(more).audio, 4 * least.audio);
    more = request();
    more.max_new_tokens = 600;
    EXPECT_NEAR(static_cast<double>(estimate(more).self_cache), 2.0 * static_cast<double>(least.self_cache), 256.0);
    more = request();
    more.n_prompt_frames = 300;
    EXPECT_GT(estimate(more).prefill, least.prefill);
    EXPECT_EQ(estimate(more).weights, tiny_config().n_bytes);
    EXPECT_EQ(estimate(more).audio, least.audio);
    dia_memory_request less = request();
    less.guidance_scale = 1.0f;
    EXPECT_NEAR(static_cast<double>(estimate(less).self_cache), 0.5 * static_cast<double>(least.self_cache), 256.0);
    less = request();
    less.n_text = 1;
    EXPECT_LT(estimate(less).cross_cache, least.cross_cache);
    less = request();
    less.kv_type = DIA_TYPE_F16;
    EXPECT_LT(estimate(less).self_cache, least.self_cache);
}

TEST(Memory, DependsOnHowTheModelIsLoaded) {
    dia_model_params params = model_params();
    params.use_mmap = 0;
    const int64_t before = dia_live_bytes();
    const dia_memory_estimate read = estimate(request(), params);
    EXPECT_EQ(read.weights_mapped, 0);
    EXPECT_EQ(read.weights, tiny_config().n_bytes);
    params.load_codec = 0;
    EXPECT_EQ(estimate(request(), params).codec, 0);
    EXPECT_EQ(estimate(request(), params).audio, 0);
    EXPECT_EQ(dia_live_bytes(), before);
}

TEST(Memory, RequestsAreChecked) {
    dia_memory_estimate told = {};
    told.struct_size = sizeof told;
    const auto refuse = [&](dia_status status, const auto & change, const std::string & name) {
        dia_memory_request changed = request();
        change(changed);
        EXPECT_REFUSED(status, dia_estimate_memory(tiny_model_path().c_str(), nullptr, &changed, 0, &told), name);
    };
    const dia_status invalid = DIA_STATUS_INVALID_ARGUMENT;
    refuse(
        invalid, [](dia_memory_request & r) { r.n_rows = 0; }, "n_rows is 0");
    refuse(
        invalid, [](dia_memory_request & r) { r.n_rows = INT32_MAX; }, "n_rows");
    refuse(
        invalid, [](dia_memory_request & r) { r.n_text = -1; }, "-1");
    refuse(
        DIA_STATUS_TEXT_TOO_LONG, [](dia_memory_request & r) { r.n_text = INT64_MAX; }, "reads at most");
    refuse(
        invalid, [](dia_memory_request & r) { r.n_prompt_frames = -1; }, "n_prompt_frames is -1");
    refuse(
        invalid, [](dia_memory_request & r) { r.max_new_tokens = -1; }, "max_new_tokens");
    refuse(
        invalid, [](dia_memory_request & r) { r.max_length = -1; }, "max_length");
    refuse(
        invalid, [](dia_memory_request & r) { r.max_seconds = -1.0; }, "max_seconds");
    refuse(
        invalid, [](dia_memory_request & r) { r.guidance_scale = -1.0f; }, "guidance_scale");
    refuse(
        invalid, [](dia_memory_request & r) { r.kv_type = DIA_TYPE_Q4_0; }, "kv_type");
    refuse(
        invalid, [](dia_memory_request & r) { r.n_threads = -1; }, "n_threads");
    const dia_memory_request given = request();
    dia_model_params params = model_params();
    EXPECT_INVALID(dia_estimate_memory(tiny_model_path().c_str(), &params, &given, 1, &told), "device is 1");
    EXPECT_REFUSED(DIA_STATUS_IO, dia_estimate_memory("nowhere.gguf", nullptr, &given, 0, &told), "nowhere.gguf");
    told.struct_size = 8;
    EXPECT_INVALID(dia_estimate_memory(tiny_model_path().c_str(), nullptr, &given, 0, &told), "struct_size");
    params.max_memory = -1;
    dia_model * model = nullptr;
    EXPECT_INVALID(dia_model_load(tiny_model_path().c_str(), &params, &model), "max_memory is -1");
}

TEST(Memory, OfAGeneratorIsThatOfItsRows) {
    const GeneratorPtr generator = make_generator();
    dia_memory_estimate told = {};
    told.struct_size = sizeof told;
    EXPECT_REFUSED(DIA_STATUS_INVALID_STATE, dia_generator_estimate_memory(generator.get(), 0, &told), "no row");
    const std::string text(100, 'a');
    ASSERT_EQ(dia_generator_add_text(generator.get(), text.c_str(), -1, nullptr), DIA_STATUS_OK);
    ASSERT_EQ(dia_generator_estimate_memory(generator.get(), 0, &told), DIA_STATUS_OK);
    dia_memory_request same = request();
    same.max_new_tokens = 0;
    dia_model_params as_loaded = model_params();
    as_loaded.device = nullptr;
    const dia_memory_estimate expected = estimate(same, as_loaded);
    EXPECT_EQ(told.self_cache, expected.self_cache);
    EXPECT_EQ(told.cross_cache, expected.cross_cache);
    EXPECT_EQ(told.encoder, expected.encoder);
    EXPECT_EQ(told.step, expected.step);
    EXPECT_EQ(told.audio, expected.audio);
    EXPECT_EQ(told.weights, expected.weights);
    EXPECT_INVALID(dia_generator_estimate_memory(generator.get(), -1, &told), "device is -1");
}

TEST(Memory, BeyondTheLimitIsRefused) {
    dia_model_params params = model_params();
    params.max_memory = 1000;
    dia_model * refused = nullptr;
    EXPECT_REFUSED(DIA_STATUS_MEMORY_LIMIT, dia_model_load(tiny_model_path().c_str(), &params, &refused),
                   "max_memory is");
    EXPECT_EQ(refused, nullptr);

    // The process may hold more than when it was asked, but not by the caches of 1000 rows.
    dia_memory_request large = request();
    large.n_rows = 1000;
    params.max_memory = estimate(request()).total_streaming + estimate(large).self_cache / 2;
    dia_model * loaded = nullptr;
    ASSERT_EQ(dia_model_load(tiny_model_path().c_str(), &params, &loaded), DIA_STATUS_OK)
        << dia_last_error_message();
    const ModelPtr model(loaded);
    dia_generation_params generation;
    ASSERT_EQ(dia_generation_params_init(&generation, sizeof generation), DIA_STATUS_OK);
    generation.max_new_tokens = 300;
    for (const int32_t n_rows : {1000, 1}) {
        dia_generator * created = nullptr;
        ASSERT_EQ(dia_generator_create(model.get(), &generation, &created), DIA_STATUS_OK);
        const GeneratorPtr generator(created);
        for (int32_t row = 0; row < n_rows; ++row) {
            ASSERT_EQ(dia_generator_add_text(created, "[S1] Hello.", -1, nullptr), DIA_STATUS_OK);
        }
        const int64_t before = dia_live_bytes();
        if (n_rows == 1) {
            EXPECT_EQ(dia_generator_prefill(created), DIA_STATUS_OK) << dia_last_error_message();
            continue;
        }
        EXPECT_REFUSED(DIA_STATUS_MEMORY_LIMIT, dia_generator_prefill(created), "of caches");
        EXPECT_EQ(dia_live_bytes(), before);
        EXPECT_REFUSED(DIA_STATUS_INVALID_STATE, dia_generator_prefill(created), "");
    }
}

}  // namespace
}  // namespace dia_abi
