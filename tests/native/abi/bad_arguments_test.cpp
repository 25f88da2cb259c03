// Arguments that are not NULL and still wrong: out of range, contradictory, absurdly large, or in the wrong order
// of calls.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "dia/dia.h"
#include "refusal.h"
#include "tiny_model.h"

namespace dia_abi {
namespace {

constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(BadArguments, FilesThatDoNotExistAreNamed) {
    dia_model * model = nullptr;
    EXPECT_REFUSED(DIA_STATUS_IO, dia_model_load("no/such/model.gguf", nullptr, &model), "no/such/model.gguf");
    EXPECT_EQ(model, nullptr);
    dia_gguf * gguf = nullptr;
    EXPECT_REFUSED(DIA_STATUS_IO, dia_gguf_open("no/such/model.gguf", &gguf), "no/such/model.gguf");
    EXPECT_EQ(gguf, nullptr);
    dia_audio * audio = nullptr;
    EXPECT_REFUSED(DIA_STATUS_IO, dia_audio_load("no/such/voice.wav", 0, &audio), "no/such/voice.wav");
    EXPECT_EQ(audio, nullptr);
}

TEST(BadArguments, OutputsAreNullAfterAFailure) {
    auto * model = static_cast<dia_model *>(nullptr);
    model = reinterpret_cast<dia_model *>(&model);  // anything but NULL
    EXPECT_NE(dia_model_load("no/such/model.gguf", nullptr, &model), DIA_STATUS_OK);
    EXPECT_EQ(model, nullptr);
    auto * generator = reinterpret_cast<dia_generator *>(&model);
    EXPECT_NE(dia_generator_create(nullptr, nullptr, &generator), DIA_STATUS_OK);
    EXPECT_EQ(generator, nullptr);
    auto * codec = reinterpret_cast<dia_codec *>(&model);
    EXPECT_NE(dia_codec_create(nullptr, nullptr, &codec), DIA_STATUS_OK);
    EXPECT_EQ(codec, nullptr);
    auto * gguf = reinterpret_cast<dia_gguf *>(&model);
    EXPECT_NE(dia_gguf_open("no/such/model.gguf", &gguf), DIA_STATUS_OK);
    EXPECT_EQ(gguf, nullptr);
    auto * audio = reinterpret_cast<dia_audio *>(&model);
    EXPECT_NE(dia_audio_load("no/such/voice.wav", 0, &audio), DIA_STATUS_OK);
    EXPECT_EQ(audio, nullptr);
}

TEST(BadArguments, BenchmarksRefuseWhatCannotBeMeasured) {
    dia_benchmark * benchmark = nullptr;
    ASSERT_EQ(dia_benchmark_create(&benchmark), DIA_STATUS_OK);
    dia_benchmark_params params;
    const auto refuses = [&](const auto & change, const char * message) {
        ASSERT_EQ(dia_benchmark_params_init(&params, sizeof params), DIA_STATUS_OK);
        change();
        EXPECT_INVALID(dia_benchmark_run(benchmark, tiny_model_path().c_str(), &params), message);
    };
    const int32_t negative = -1;
    const int32_t none = 0;
    refuses([&] { params.phases = 0; }, "phases is 0");
    refuses([&] { params.phases = 256; }, "phases is 256");
    refuses([&] { params.n_threads = -1; }, "n_threads is -1");
    refuses([&] { params.warm_up = -1; }, "warm_up is -1, expected 0 to 1000");
    refuses([&] { params.repetitions = 0; }, "repetitions is 0, expected 1 to 1000");
    refuses([&] { params.max_seconds = kNan; }, "max_seconds is");
    refuses([&] { params.max_seconds = 0.0; }, "max_seconds is 0, expected more than 0");
    refuses([&] { params.positions = &negative, params.n_positions = 1; }, "a position is -1");
    refuses([&] { params.batch_sizes = &none, params.n_batch_sizes = 1; }, "a batch size is 0, expected 1 to 1024");
    refuses([&] { params.positions = &none, params.n_positions = kHuge; }, "n_positions is");
    refuses([&] { params.device = "Abacus7"; }, "device is \"Abacus7\"");
    EXPECT_REFUSED(DIA_STATUS_IO, dia_benchmark_run(benchmark, "no/such/model.gguf", nullptr),
                   "no/such/model.gguf");
    dia_benchmark_free(benchmark);
}

TEST(BadArguments, ConversionRefusesUnknownTypes) {
    dia_convert_params params;
    ASSERT_EQ(dia_convert_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.model_dir = DIA_TEST_GOLDEN_DIR "/tiny/dia";
    params.output_path = "unused.gguf";
    set_raw(params.type, 12345);
    EXPECT_INVALID(dia_convert(&params), "12345");
    set_raw(params.type, DIA_TYPE_AUTO);
    set_raw(params.codec_type, DIA_TYPE_Q8_0);
    EXPECT_INVALID(dia_convert(&params), "codec_type");
    set_raw(params.codec_type, DIA_TYPE_AUTO);
    set_raw(params.mix, 7);
    EXPECT_INVALID(dia_convert(&params), "mix is 7");
    params.mix = DIA_MIX_NONE;
    set_raw(params.format, 2);
    EXPECT_INVALID(dia_convert(&params), "format is 2");
}

TEST(BadArguments, QuantizationRefusesUnknownTypesAndOverrides) {
    dia_quantize_params params;
    ASSERT_EQ(dia_quantize_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.input_path = tiny_model_path().c_str();
    params.output_path = "unused.gguf";
    set_raw(params.type, 3);
    EXPECT_INVALID(dia_quantize(&params), "type is 3");
    set_raw(params.type, DIA_TYPE_Q4_0);
    set_raw(params.mix, -2);
    EXPECT_INVALID(dia_quantize(&params), "mix is -2");
    set_raw(params.mix, DIA_MIX_NONE);
    dia_type_override override = {};
    params.overrides = &override;
    params.n_overrides = -1;
    EXPECT_INVALID(dia_quantize(&params), "n_overrides");
    params.n_overrides = 1;
    EXPECT_INVALID(dia_quantize(&params), "pattern");
    override.pattern = "output";
    set_raw(override.type, 99);
    EXPECT_INVALID(dia_quantize(&params), "99");
    set_raw(override.type, DIA_TYPE_Q8_0);
    override.reserved = 1;
    EXPECT_INVALID(dia_quantize(&params), "reserved");
    override.reserved = 0;
    override.pattern = "no such tensor";
    dia_gguf * plan = nullptr;
    EXPECT_INVALID(dia_quantize_plan(&params, &plan, nullptr), "no such tensor");
    EXPECT_EQ(plan, nullptr);
    params.overrides = nullptr;
    EXPECT_INVALID(dia_quantize(&params), "overrides is NULL");
}

TEST(BadArguments, APlanHasTensorsAndASizeAndNoMetadata) {
    dia_quantize_params params;
    ASSERT_EQ(dia_quantize_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.input_path = tiny_model_path().c_str();
    set_raw(params.type, DIA_TYPE_Q4_0);
    dia_gguf * opened = nullptr;
    int64_t n_bytes = 0;
    ASSERT_EQ(dia_quantize_plan(&params, &opened, &n_bytes), DIA_STATUS_OK) << dia_last_error_message();
    const GgufPtr plan(opened);
    EXPECT_EQ(dia_gguf_metadata_count(plan.get()), 0);
    const int64_t last = dia_gguf_tensor_count(plan.get()) - 1;
    dia_tensor_info info;
    info.struct_size = sizeof info;
    ASSERT_EQ(dia_gguf_get_tensor(plan.get(), last, &info), DIA_STATUS_OK);
    EXPECT_LE(info.offset + info.n_bytes, n_bytes);
    EXPECT_GT(info.offset + info.n_bytes + 32, n_bytes);
    EXPECT_INVALID(dia_quantize(&params), "output_path is NULL");
}

TEST(BadArguments, ConversionRefusesNamesThatAreNone) {
    const std::string too_long(256, 'x');
    dia_convert_params params;
    ASSERT_EQ(dia_convert_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.model_dir = DIA_TEST_GOLDEN_DIR "/tiny/dia";
    params.output_path = "unused.gguf";
    params.model_name = "";
    EXPECT_INVALID(dia_convert(&params), "model_name has 0 bytes");
    params.model_name = too_long.c_str();
    EXPECT_INVALID(dia_convert(&params), "model_name has 256 bytes");
}

TEST(BadArguments, GgufEntriesOutOfRangeDoNotExist) {
    dia_gguf * opened = nullptr;
    ASSERT_EQ(dia_gguf_open(tiny_model_path().c_str(), &opened), DIA_STATUS_OK) << dia_last_error_message();
    const GgufPtr gguf(opened);
    dia_tensor_info info;
    info.struct_size = sizeof info;
    for (const int64_t index : {int64_t{-1}, dia_gguf_metadata_count(gguf.get()), kHuge}) {
        EXPECT_EQ(dia_gguf_metadata_key(gguf.get(), index), nullptr) << index;
        EXPECT_EQ(dia_gguf_metadata_type(gguf.get(), index), nullptr) << index;
        EXPECT_EQ(dia_gguf_metadata_value(gguf.get(), index), nullptr) << index;
    }
    for (const int64_t index : {int64_t{-1}, dia_gguf_tensor_count(gguf.get()), kHuge}) {
        EXPECT_INVALID(dia_gguf_get_tensor(gguf.get(), index, &info), std::to_string(index));
    }
}

TEST(BadArguments, TokenizerChecksSizes) {
    int64_t needed = -1;
    int32_t ids[4] = {};
    EXPECT_INVALID(dia_tokenize("abc", -2, ids, 4, &needed), "n_bytes");
    EXPECT_INVALID(dia_tokenize("abc", -1, ids, -1, &needed), "capacity");
    EXPECT_REFUSED(DIA_STATUS_BUFFER_TOO_SMALL, dia_tokenize("abcde", -1, ids, 4, &needed), "5");
    EXPECT_EQ(needed, 5);
    char text[2];
    const int32_t good[] = {65, 66, 67};
    const int32_t bad[] = {65, 256};
    EXPECT_INVALID(dia_detokenize(good, -1, 0, text, sizeof text, &needed), "n_ids");
    EXPECT_INVALID(dia_detokenize(good, 3, 0, text, -1, &needed), "capacity");
    EXPECT_INVALID(dia_detokenize(bad, 2, 0, text, sizeof text, &needed), "256");
    EXPECT_REFUSED(DIA_STATUS_BUFFER_TOO_SMALL, dia_detokenize(good, 3, 0, text, sizeof text, &needed), "3");
    EXPECT_EQ(needed, 3);
}

struct BadOption {
    const char * name;
    std::function<void(dia_generation_params &)> set;
};

TEST(BadArguments, GenerationOptionsAreCheckedByName) {
    const std::vector<BadOption> options = {
        {"temperature", [](auto & p) { p.temperature = kNan; }},
        {"temperature", [](auto & p) { p.temperature = -0.5f; }},
        {"temperature", [](auto & p) { p.temperature = kInfinity; }},
        {"top_p", [](auto & p) { p.top_p = kNan; }},
        {"top_p", [](auto & p) { p.top_p = 0; }},
        {"top_p", [](auto & p) { p.top_p = 1.5f; }},
        {"top_k", [](auto & p) { p.top_k = -1; }},
        {"guidance_scale", [](auto & p) { p.guidance_scale = kNan; }},
        {"guidance_scale", [](auto & p) { p.guidance_scale = kInfinity; }},
        {"n_threads", [](auto & p) { p.n_threads = -1; }},
        {"max_new_tokens", [](auto & p) { p.max_new_tokens = -1; }},
        {"max_length", [](auto & p) { p.max_length = -1; }},
        {"min_new_tokens", [](auto & p) { p.min_new_tokens = -1; }},
        {"max_seconds", [](auto & p) { p.max_seconds = static_cast<double>(kNan); }},
        {"max_seconds", [](auto & p) { p.max_seconds = -1; }},
        {"default_max_length", [](auto & p) { p.default_max_length = -1; }},
        {"kv_type", [](auto & p) { set_raw(p.kv_type, DIA_TYPE_Q4_0); }},
        {"kv_type", [](auto & p) { set_raw(p.kv_type, 12345); }},
        {"min_p", [](auto & p) { p.min_p = kNan; }},
        {"typical_p", [](auto & p) { p.typical_p = -1; }},
        {"top_h", [](auto & p) { p.top_h = 2; }},
        {"epsilon_cutoff", [](auto & p) { p.epsilon_cutoff = kInfinity; }},
        {"eta_cutoff", [](auto & p) { p.eta_cutoff = 1; }},
        {"repetition_penalty", [](auto & p) { p.repetition_penalty = 0; }},
        {"no_repeat_ngram_size", [](auto & p) { p.no_repeat_ngram_size = -1; }},
        {"renormalize_logits", [](auto & p) { p.renormalize_logits = 2; }},
        {"min_length", [](auto & p) { p.min_length = kHuge; }},
        {"exponential_decay_start", [](auto & p) { p.exponential_decay_start = -1; }},
        {"exponential_decay_factor", [](auto & p) { p.exponential_decay_factor = kNan; }},
        {"keep_scores", [](auto & p) { p.keep_scores = -1; }},
        {"suppress_tokens", [](auto & p) { p.n_suppress_tokens = 1; }},
        {"n_suppress_tokens", [](auto & p) { p.n_suppress_tokens = -1; }},
        {"begin_suppress_tokens", [](auto & p) { p.n_begin_suppress_tokens = kHuge; }},
        {"bad_words", [](auto & p) { p.n_bad_words = 3; }},
        {"sequence_biases", [](auto & p) { p.n_sequence_biases = kHuge; }},
    };
    for (const BadOption & option : options) {
        dia_generation_params params;
        ASSERT_EQ(dia_generation_params_init(&params, sizeof params), DIA_STATUS_OK);
        option.set(params);
        dia_generator * generator = nullptr;
        EXPECT_INVALID(dia_generator_create(tiny_model(), &params, &generator), option.name);
        EXPECT_EQ(generator, nullptr) << option.name;
        dia_generator_free(generator);
    }
}

TEST(BadArguments, TextsAreChecked) {
    const GeneratorPtr generator = make_generator();
    EXPECT_INVALID(dia_generator_add_text(generator.get(), "", -1, nullptr), "empty");
    EXPECT_INVALID(dia_generator_add_text(generator.get(), "[S1] <pad>", -1, nullptr), "<pad>");
    EXPECT_INVALID(dia_generator_add_text(generator.get(), "a\x01z", -1, nullptr), "1");
    EXPECT_INVALID(dia_generator_add_text(generator.get(), "abc", -2, nullptr), "n_bytes");
    const std::string too_long(static_cast<size_t>(tiny_config().encoder_max_position_embeddings) + 1, 'a');
    EXPECT_REFUSED(DIA_STATUS_TEXT_TOO_LONG, dia_generator_add_text(generator.get(), too_long.c_str(), -1, nullptr),
                   std::to_string(too_long.size()));
    EXPECT_EQ(dia_generator_row_count(generator.get()), 0);
}

TEST(BadArguments, UtterancesAreChecked) {
    const GeneratorPtr generator = make_generator();
    const dia_config config = tiny_config();
    std::vector<int32_t> ids = {1, 72, 105};
    std::vector<int32_t> codes(static_cast<size_t>(config.num_channels) * 2);
    dia_utterance good = {};
    good.struct_size = sizeof good;
    good.input_ids = ids.data();
    good.n_input_ids = static_cast<int64_t>(ids.size());

    dia_utterance bad = good;
    bad.n_input_ids = 0;
    EXPECT_INVALID(dia_generator_add_utterance(generator.get(), &bad, nullptr), "n_input_ids");
    bad.n_input_ids = -1;
    EXPECT_INVALID(dia_generator_add_utterance(generator.get(), &bad, nullptr), "n_input_ids");
    bad.n_input_ids = kHuge;
    EXPECT_REFUSED(DIA_STATUS_TEXT_TOO_LONG, dia_generator_add_utterance(generator.get(), &bad, nullptr),
                   std::to_string(kHuge));

    bad = good;
    bad.n_prompt_frames = -1;
    EXPECT_INVALID(dia_generator_add_utterance(generator.get(), &bad, nullptr), "n_prompt_frames");
    bad.n_prompt_frames = 2;
    EXPECT_INVALID(dia_generator_add_utterance(generator.get(), &bad, nullptr), "prompt_codes");
    bad.prompt_codes = codes.data();
    codes.back() = config.eos_token_id;
    EXPECT_INVALID(dia_generator_add_utterance(generator.get(), &bad, nullptr),
                   std::to_string(config.eos_token_id));
    codes.back() = -1;
    EXPECT_INVALID(dia_generator_add_utterance(generator.get(), &bad, nullptr), "-1");

    for (const int32_t id : {-1, config.encoder_vocab_size}) {
        ids.back() = id;
        EXPECT_INVALID(dia_generator_add_utterance(generator.get(), &good, nullptr), std::to_string(id));
    }
    good.struct_size = 0;
    EXPECT_INVALID(dia_generator_add_utterance(generator.get(), &good, nullptr), "struct_size");
    EXPECT_EQ(dia_generator_row_count(generator.get()), 0);
}

TEST(BadArguments, CallsInTheWrongOrderAreRefused) {
    const GeneratorPtr generator = make_generator();
    EXPECT_REFUSED(DIA_STATUS_INVALID_STATE, dia_generator_prefill(generator.get()), "row");
    EXPECT_REFUSED(DIA_STATUS_INVALID_STATE, dia_generator_step(generator.get(), nullptr), "prefill");
    ASSERT_EQ(dia_generator_add_text(generator.get(), "[S1] Hi.", -1, nullptr), DIA_STATUS_OK)
        << dia_last_error_message();
    ASSERT_EQ(dia_generator_prefill(generator.get()), DIA_STATUS_OK) << dia_last_error_message();
    EXPECT_REFUSED(DIA_STATUS_INVALID_STATE, dia_generator_prefill(generator.get()), "prefill");
    EXPECT_REFUSED(DIA_STATUS_INVALID_STATE, dia_generator_add_text(generator.get(), "[S1] Hi.", -1, nullptr),
                   "prefill");
}

TEST(BadArguments, LogitsAndScoresAreCopiedWhereThereAreSome) {
    dia_generation_params params;
    ASSERT_EQ(dia_model_get_generation_params(tiny_model(), &params, sizeof params), DIA_STATUS_OK);
    params.guidance_scale = 1;
    params.max_new_tokens = 20;
    const GeneratorPtr generator = make_generator(&params);
    ASSERT_EQ(dia_generator_add_text(generator.get(), "[S1] Hi.", -1, nullptr), DIA_STATUS_OK);
    const dia_config config = tiny_config();
    std::vector<float> values(static_cast<size_t>(config.num_channels * config.decoder_vocab_size));
    const auto capacity = static_cast<int64_t>(values.size());
    int64_t needed = 0;
    EXPECT_REFUSED(DIA_STATUS_INVALID_STATE,
                   dia_generator_copy_logits(generator.get(), 0, 0, values.data(), capacity, &needed), "prefill");
    EXPECT_REFUSED(DIA_STATUS_INVALID_STATE, dia_generator_stop_row(generator.get(), 0), "prefill");
    ASSERT_EQ(dia_generator_prefill(generator.get()), DIA_STATUS_OK) << dia_last_error_message();
    EXPECT_EQ(dia_generator_copy_logits(generator.get(), 0, 0, values.data(), capacity, &needed), DIA_STATUS_OK);
    EXPECT_EQ(needed, capacity);
    EXPECT_REFUSED(DIA_STATUS_BUFFER_TOO_SMALL,
                   dia_generator_copy_logits(generator.get(), 0, 0, values.data(), 5, &needed), "5");
    EXPECT_REFUSED(DIA_STATUS_INVALID_STATE,
                   dia_generator_copy_logits(generator.get(), 0, 1, values.data(), capacity, &needed), "guidance");
    EXPECT_INVALID(dia_generator_copy_logits(generator.get(), 0, 2, values.data(), capacity, &needed),
                   "unconditional");
    EXPECT_INVALID(dia_generator_copy_logits(generator.get(), 1, 0, values.data(), capacity, &needed), "row 1");
    EXPECT_INVALID(dia_generator_copy_logits(generator.get(), 0, 0, nullptr, capacity, &needed), "logits is NULL");
    EXPECT_REFUSED(DIA_STATUS_INVALID_STATE,
                   dia_generator_copy_scores(generator.get(), 0, values.data(), capacity, &needed), "keep_scores");
    EXPECT_INVALID(dia_generator_stop_row(generator.get(), -1), "row -1");
    EXPECT_EQ(dia_generator_stop_row(generator.get(), 0), DIA_STATUS_OK);
    int32_t active = 1;
    EXPECT_EQ(dia_generator_step(generator.get(), &active), DIA_STATUS_OK);
    EXPECT_EQ(active, 0);
}

TEST(BadArguments, RowsAndRangesAreChecked) {
    const GeneratorPtr generator = make_generator();
    ASSERT_EQ(dia_generator_add_text(generator.get(), "[S1] Hi.", -1, nullptr), DIA_STATUS_OK)
        << dia_last_error_message();
    dia_row_state state;
    state.struct_size = sizeof state;
    int32_t number = 0;
    int64_t count = 0;
    for (const int32_t row : {-1, 1, std::numeric_limits<int32_t>::max()}) {
        EXPECT_INVALID(dia_generator_get_row_state(generator.get(), row, &state), std::to_string(row));
        EXPECT_INVALID(dia_generator_copy_tokens(generator.get(), row, &number, 1, &count), std::to_string(row));
        EXPECT_INVALID(dia_generator_copy_frames(generator.get(), row, 0, &number, 1, &count), std::to_string(row));
    }
    EXPECT_INVALID(dia_generator_copy_tokens(generator.get(), 0, &number, -1, &count), "capacity");
    EXPECT_INVALID(dia_generator_copy_frames(generator.get(), 0, 0, &number, -1, &count), "capacity");
    EXPECT_INVALID(dia_generator_copy_frames(generator.get(), 0, -1, &number, 1, &count), "first_frame");
    state.struct_size = 3;
    EXPECT_INVALID(dia_generator_get_row_state(generator.get(), 0, &state), "struct_size");
}

TEST(BadArguments, CodecOptionsAreChecked) {
    dia_codec_params params;
    dia_codec * codec = nullptr;
    ASSERT_EQ(dia_codec_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.n_threads = -1;
    EXPECT_INVALID(dia_codec_create(tiny_model(), &params, &codec), "n_threads");
    params.n_threads = 0;
    params.window_frames = 0;
    EXPECT_INVALID(dia_codec_create(tiny_model(), &params, &codec), "window_frames");
    EXPECT_EQ(codec, nullptr);
}

TEST(BadArguments, ModelsWithoutCodecHaveNone) {
    dia_model_params params;
    ASSERT_EQ(dia_model_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.load_codec = 0;
    dia_model * loaded = nullptr;
    ASSERT_EQ(dia_model_load(tiny_model_path().c_str(), &params, &loaded), DIA_STATUS_OK)
        << dia_last_error_message();
    const ModelPtr model(loaded);
    dia_codec * codec = nullptr;
    EXPECT_REFUSED(DIA_STATUS_INVALID_STATE, dia_codec_create(model.get(), nullptr, &codec), "codec");
    EXPECT_EQ(codec, nullptr);
}

TEST(BadArguments, CodesAndRangesAreChecked) {
    const CodecPtr codec = make_codec();
    const dia_config config = tiny_config();
    std::vector<int32_t> codes(static_cast<size_t>(config.codec_n_codebooks) * 2);
    std::vector<float> samples(static_cast<size_t>(config.codec_hop_length) * 2);
    const auto capacity = static_cast<int64_t>(samples.size());
    int64_t needed = -1;
    const auto decode = [&](int64_t n_frames, int64_t first, int64_t count, int64_t room) {
        return dia_codec_decode(codec.get(), codes.data(), n_frames, first, count, samples.data(), room, &needed);
    };
    EXPECT_INVALID(decode(-1, 0, 1, capacity), "n_frames");
    EXPECT_INVALID(decode(2, -1, 1, capacity), "frame -1");
    EXPECT_INVALID(decode(2, 0, -1, capacity), "-1 frames");
    EXPECT_INVALID(decode(2, 0, 3, capacity), "3");
    EXPECT_INVALID(decode(2, 1, kHuge, capacity), std::to_string(kHuge));
    EXPECT_INVALID(decode(2, kHuge, kHuge, capacity), std::to_string(kHuge));
    EXPECT_INVALID(decode(2, 0, 2, -1), "capacity");
    EXPECT_NE(decode(kHuge, 0, kHuge, capacity), DIA_STATUS_OK);
    EXPECT_REFUSED(DIA_STATUS_BUFFER_TOO_SMALL, decode(2, 0, 2, capacity - 1), std::to_string(capacity));
    EXPECT_EQ(needed, capacity);
    for (const int32_t code : {-1, config.codec_codebook_size}) {
        codes.back() = code;
        EXPECT_INVALID(decode(2, 0, 2, capacity), std::to_string(code));
    }
}

TEST(BadArguments, ClipsToEncodeAreChecked) {
    const CodecPtr codec = make_codec();
    const dia_config config = tiny_config();
    std::vector<float> samples(static_cast<size_t>(config.codec_hop_length) + 1);
    std::vector<int32_t> codes(static_cast<size_t>(config.codec_n_codebooks) * 2);
    const auto n_samples = static_cast<int64_t>(samples.size());
    const auto capacity = static_cast<int64_t>(codes.size());
    int64_t n_frames = -1;
    const auto encode = [&](int64_t n, int64_t room) {
        return dia_codec_encode(codec.get(), samples.data(), n, codes.data(), room, &n_frames);
    };
    for (const int64_t n : {int64_t{0}, int64_t{-1}, kHuge}) {
        EXPECT_INVALID(encode(n, capacity), "n_samples is " + std::to_string(n));
    }
    EXPECT_INVALID(encode(n_samples, -1), "capacity");
    EXPECT_REFUSED(DIA_STATUS_BUFFER_TOO_SMALL, encode(n_samples, capacity - 1), "2 frames");
    EXPECT_EQ(n_frames, 2);
    EXPECT_REFUSED(DIA_STATUS_BUFFER_TOO_SMALL, encode(kHuge / 1024, capacity), std::to_string(kHuge / 1024));
    for (const float bad : {kNan, kInfinity, -kInfinity}) {
        samples.back() = bad;
        EXPECT_INVALID(encode(n_samples, capacity), "samples[" + std::to_string(n_samples - 1) + "]");
    }
    samples.assign(samples.size(), std::numeric_limits<float>::max());
    EXPECT_REFUSED(DIA_STATUS_NOT_A_NUMBER, encode(n_samples, capacity), "frames 0 to 1");
}

TEST(BadArguments, CodebooksToCopyAreChecked) {
    const CodecPtr codec = make_codec();
    const int32_t n_codebooks = tiny_config().codec_n_codebooks;
    float vectors[8] = {};
    for (const int32_t codebook : {-1, n_codebooks}) {
        EXPECT_INVALID(dia_codec_copy_codebook(codec.get(), codebook, vectors, 8, nullptr),
                       "codebook is " + std::to_string(codebook));
    }
    EXPECT_INVALID(dia_codec_copy_codebook(codec.get(), 0, vectors, -1, nullptr), "capacity");
    EXPECT_REFUSED(DIA_STATUS_BUFFER_TOO_SMALL, dia_codec_copy_codebook(codec.get(), 0, vectors, 8, nullptr), "8");
}

TEST(BadArguments, SoundFilesAreChecked) {
    dia_audio * audio = nullptr;
    const std::string text = "RIFF is how many files begin";
    const auto n_bytes = static_cast<int64_t>(text.size());
    EXPECT_INVALID(dia_audio_load_memory(text.data(), -1, 0, &audio), "n_bytes");
    EXPECT_REFUSED(DIA_STATUS_INVALID_FILE, dia_audio_load_memory(nullptr, 0, 0, &audio), "empty");
    EXPECT_REFUSED(DIA_STATUS_UNSUPPORTED, dia_audio_load_memory(text.data(), n_bytes, 0, &audio), "WAV");
    EXPECT_REFUSED(DIA_STATUS_UNSUPPORTED, dia_audio_load_memory(text.data(), (int64_t{1} << 30) + 1, 0, &audio),
                   "1073741825");
    for (const int32_t rate : {-1, 1, 999, 10000000}) {
        EXPECT_INVALID(dia_audio_load_memory(text.data(), n_bytes, rate, &audio), std::to_string(rate));
    }
    EXPECT_EQ(audio, nullptr);
}

TEST(BadArguments, SamplingRatesAndLengthsAreChecked) {
    float in[] = {0, 0, 0};
    float out[8];
    int64_t needed = -1;
    EXPECT_INVALID(dia_resample(in, -1, 48000, 44100, out, 8, &needed), "n is -1");
    EXPECT_INVALID(dia_resample(in, kHuge, 48000, 44100, out, 8, &needed), std::to_string(kHuge));
    EXPECT_INVALID(dia_resample(in, 3, 48000, 44100, out, -1, &needed), "capacity");
    for (const int32_t rate : {-1, 0, 1, 999, 768001, 10000000}) {
        EXPECT_INVALID(dia_resample(in, 3, rate, 44100, out, 8, &needed), "from is " + std::to_string(rate));
        EXPECT_INVALID(dia_resample(in, 3, 44100, rate, out, 8, &needed), "to is " + std::to_string(rate));
    }
    EXPECT_REFUSED(DIA_STATUS_BUFFER_TOO_SMALL, dia_resample(in, 3, 11025, 44100, out, 8, &needed), "12");
    EXPECT_EQ(needed, 12);
    in[1] = kNan;
    EXPECT_INVALID(dia_resample(in, 3, 44100, 44100, out, 8, &needed), "in[1]");
}

}  // namespace
}  // namespace dia_abi
