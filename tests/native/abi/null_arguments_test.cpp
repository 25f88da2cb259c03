// Every function of dia.h with NULL: a status and a message that names the parameter, or the value that the header
// promises.

#include <gtest/gtest.h>

#include <vector>

#include "dia/dia.h"
#include "refusal.h"
#include "tiny_model.h"

namespace dia_abi {
namespace {

TEST(NullArguments, FreeingAndCancellingNothingDoesNothing) {
    dia_gguf_free(nullptr);
    dia_model_free(nullptr);
    dia_generator_free(nullptr);
    dia_codec_free(nullptr);
    dia_audio_free(nullptr);
    dia_encoding_free(nullptr);
    dia_decoder_free(nullptr);
    dia_benchmark_free(nullptr);
    dia_generator_cancel(nullptr);
    dia_codec_cancel(nullptr);
    dia_decoder_cancel(nullptr);
}

TEST(NullArguments, GettersReturnTheirEmptyValue) {
    EXPECT_EQ(dia_gguf_metadata_count(nullptr), 0);
    EXPECT_EQ(dia_gguf_metadata_key(nullptr, 0), nullptr);
    EXPECT_EQ(dia_gguf_metadata_type(nullptr, 0), nullptr);
    EXPECT_EQ(dia_gguf_metadata_value(nullptr, 0), nullptr);
    EXPECT_EQ(dia_gguf_tensor_count(nullptr), 0);
    EXPECT_EQ(dia_model_description(nullptr), nullptr);
    EXPECT_EQ(dia_generator_row_count(nullptr), 0);
    EXPECT_EQ(dia_checkpoint_format_of(nullptr), DIA_CHECKPOINT_FORMAT_HUGGING_FACE);
    EXPECT_EQ(dia_codec_context_frames(nullptr), 0);
    EXPECT_EQ(dia_codec_fits_beside(nullptr, 1), 0);
    EXPECT_EQ(dia_audio_samples(nullptr), nullptr);
    EXPECT_EQ(dia_audio_sample_count(nullptr), 0);
    EXPECT_EQ(dia_audio_sampling_rate(nullptr), 0);
    EXPECT_EQ(dia_audio_source_sampling_rate(nullptr), 0);
    EXPECT_EQ(dia_audio_source_channel_count(nullptr), 0);
    EXPECT_EQ(dia_audio_format(nullptr), nullptr);
    EXPECT_EQ(dia_encoding_token_count(nullptr), 0);
    EXPECT_EQ(dia_encoding_hidden_state(nullptr, 0), nullptr);
    EXPECT_EQ(dia_encoding_attention(nullptr, 0), nullptr);
    EXPECT_EQ(dia_benchmark_json(nullptr), nullptr);
    EXPECT_EQ(dia_benchmark_table(nullptr), nullptr);
    EXPECT_EQ(dia_benchmark_plot(nullptr), nullptr);
    EXPECT_EQ(dia_decoder_position_count(nullptr), 0);
    EXPECT_EQ(dia_decoder_logits(nullptr), nullptr);
    EXPECT_EQ(dia_decoder_hidden_state(nullptr, 0), nullptr);
    EXPECT_EQ(dia_decoder_self_attention(nullptr, 0), nullptr);
    EXPECT_EQ(dia_decoder_cross_attention(nullptr, 0), nullptr);
}

TEST(NullArguments, InitialisersRefuseNull) {
    EXPECT_INVALID(dia_convert_params_init(nullptr, sizeof(dia_convert_params)), "params is NULL");
    EXPECT_INVALID(dia_quantize_params_init(nullptr, sizeof(dia_quantize_params)), "params is NULL");
    EXPECT_INVALID(dia_model_params_init(nullptr, sizeof(dia_model_params)), "params is NULL");
    EXPECT_INVALID(dia_generation_params_init(nullptr, sizeof(dia_generation_params)), "params is NULL");
    EXPECT_INVALID(dia_memory_request_init(nullptr, sizeof(dia_memory_request)), "request is NULL");
    EXPECT_INVALID(dia_codec_params_init(nullptr, sizeof(dia_codec_params)), "params is NULL");
    EXPECT_INVALID(dia_encoding_params_init(nullptr, sizeof(dia_encoding_params)), "params is NULL");
    EXPECT_INVALID(dia_decoder_params_init(nullptr, sizeof(dia_decoder_params)), "params is NULL");
    EXPECT_INVALID(dia_decoder_input_init(nullptr, sizeof(dia_decoder_input)), "input is NULL");
}

TEST(NullArguments, EstimatesNameWhatIsMissing) {
    dia_memory_estimate estimate;
    estimate.struct_size = sizeof estimate;
    EXPECT_INVALID(dia_estimate_memory(nullptr, nullptr, nullptr, 0, &estimate), "path is NULL");
    EXPECT_INVALID(dia_estimate_memory(tiny_model_path().c_str(), nullptr, nullptr, 0, nullptr),
                   "estimate is NULL");
    EXPECT_INVALID(dia_generator_estimate_memory(nullptr, 0, &estimate), "generator is NULL");
}

TEST(NullArguments, ConversionNamesWhatIsMissing) {
    EXPECT_INVALID(dia_convert(nullptr), "params is NULL");
    dia_convert_params params;
    ASSERT_EQ(dia_convert_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.output_path = "unused.gguf";
    EXPECT_INVALID(dia_convert(&params), "model_dir");
    params.model_dir = "unused";
    params.output_path = nullptr;
    EXPECT_INVALID(dia_convert(&params), "output_path");
}

TEST(NullArguments, QuantizationNamesWhatIsMissing) {
    dia_gguf * plan = nullptr;
    EXPECT_INVALID(dia_quantize(nullptr), "params is NULL");
    EXPECT_INVALID(dia_quantize_plan(nullptr, &plan, nullptr), "params is NULL");
    dia_quantize_params params;
    ASSERT_EQ(dia_quantize_params_init(&params, sizeof params), DIA_STATUS_OK);
    EXPECT_INVALID(dia_quantize_plan(&params, nullptr, nullptr), "out is NULL");
    EXPECT_INVALID(dia_quantize_plan(&params, &plan, nullptr), "input_path is NULL");
    params.output_path = "unused.gguf";
    EXPECT_INVALID(dia_quantize(&params), "input_path is NULL");
}

TEST(NullArguments, SynthesisNamesWhatIsMissing) {
    EXPECT_INVALID(dia_synthesize(nullptr), "params is NULL");
    EXPECT_INVALID(dia_synthesize_params_init(nullptr, sizeof(dia_synthesize_params)), "params is NULL");
    dia_synthesize_params params;
    ASSERT_EQ(dia_synthesize_params_init(&params, sizeof params), DIA_STATUS_OK);
    EXPECT_INVALID(dia_synthesize(&params), "preset is NULL");
    params.preset = "tiny";
    EXPECT_INVALID(dia_synthesize(&params), "output_path is NULL");
    params.output_path = "unused.gguf";
    params.preset = "huge";
    EXPECT_INVALID(dia_synthesize(&params), "preset is \"huge\", expected one of dia-1.6b, overhead, tiny");
}

TEST(NullArguments, BenchmarkNamesWhatIsMissing) {
    dia_benchmark * benchmark = nullptr;
    EXPECT_INVALID(dia_benchmark_params_init(nullptr, sizeof(dia_benchmark_params)), "params is NULL");
    EXPECT_INVALID(dia_benchmark_create(nullptr), "out is NULL");
    EXPECT_INVALID(dia_benchmark_run(nullptr, tiny_model_path().c_str(), nullptr), "benchmark is NULL");
    ASSERT_EQ(dia_benchmark_create(&benchmark), DIA_STATUS_OK);
    EXPECT_INVALID(dia_benchmark_run(benchmark, nullptr, nullptr), "path is NULL");
    dia_benchmark_params params;
    ASSERT_EQ(dia_benchmark_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.n_positions = 1;
    EXPECT_INVALID(dia_benchmark_run(benchmark, "unused.gguf", &params), "positions is NULL");
    params.n_positions = 0;
    params.n_batch_sizes = 1;
    EXPECT_INVALID(dia_benchmark_run(benchmark, "unused.gguf", &params), "batch_sizes is NULL");
    dia_benchmark_free(benchmark);
}

TEST(NullArguments, ImportanceNamesWhatIsMissing) {
    EXPECT_INVALID(dia_importance_params_init(nullptr, sizeof(dia_importance_params)), "params is NULL");
    dia_importance_params params;
    ASSERT_EQ(dia_importance_params_init(&params, sizeof params), DIA_STATUS_OK);
    EXPECT_INVALID(dia_importance_measure(nullptr, &params), "model is NULL");
    EXPECT_INVALID(dia_importance_measure(tiny_model(), nullptr), "params is NULL");
    EXPECT_INVALID(dia_importance_measure(tiny_model(), &params), "scripts is NULL");
    params.scripts = "\r\n\n";
    EXPECT_INVALID(dia_importance_measure(tiny_model(), &params), "output_path is NULL");
    params.output_path = "unused.gguf";
    EXPECT_INVALID(dia_importance_measure(tiny_model(), &params), "no scripts");
}

TEST(NullArguments, GgufFunctionsRefuseNull) {
    dia_gguf * gguf = nullptr;
    EXPECT_INVALID(dia_gguf_open(nullptr, &gguf), "path is NULL");
    EXPECT_INVALID(dia_gguf_open("unused.gguf", nullptr), "out is NULL");
    dia_tensor_info info;
    info.struct_size = sizeof info;
    EXPECT_INVALID(dia_gguf_get_tensor(nullptr, 0, &info), "gguf is NULL");
    ASSERT_EQ(dia_gguf_open(tiny_model_path().c_str(), &gguf), DIA_STATUS_OK) << dia_last_error_message();
    EXPECT_INVALID(dia_gguf_get_tensor(gguf, 0, nullptr), "info is NULL");
    dia_gguf_free(gguf);
}

TEST(NullArguments, ModelFunctionsRefuseNull) {
    dia_model * model = nullptr;
    EXPECT_INVALID(dia_model_load(nullptr, nullptr, &model), "path is NULL");
    EXPECT_INVALID(dia_model_load("unused.gguf", nullptr, nullptr), "out is NULL");
    dia_config config;
    config.struct_size = sizeof config;
    EXPECT_INVALID(dia_model_get_config(nullptr, &config), "model is NULL");
    EXPECT_INVALID(dia_model_get_config(tiny_model(), nullptr), "config is NULL");
    dia_generation_params params;
    EXPECT_INVALID(dia_model_get_generation_params(nullptr, &params, sizeof params), "model is NULL");
    EXPECT_INVALID(dia_model_get_generation_params(tiny_model(), nullptr, sizeof params), "params is NULL");
}

TEST(NullArguments, TokenizerRefusesNull) {
    int64_t needed = 0;
    EXPECT_INVALID(dia_tokenize(nullptr, -1, nullptr, 0, &needed), "text is NULL");
    EXPECT_INVALID(dia_tokenize("a", -1, nullptr, 1, &needed), "ids is NULL");
    char text[8];
    EXPECT_INVALID(dia_detokenize(nullptr, 1, 0, text, sizeof text, &needed), "ids is NULL");
    const int32_t id = 65;
    EXPECT_INVALID(dia_detokenize(&id, 1, 0, nullptr, 8, &needed), "text is NULL");
}

TEST(NullArguments, GeneratorFunctionsRefuseNull) {
    dia_generator * created = nullptr;
    EXPECT_INVALID(dia_generator_create(nullptr, nullptr, &created), "model is NULL");
    EXPECT_INVALID(dia_generator_create(tiny_model(), nullptr, nullptr), "out is NULL");
    EXPECT_INVALID(dia_generator_add_text(nullptr, "[S1] Hi.", -1, nullptr), "generator is NULL");
    dia_utterance utterance = {};
    utterance.struct_size = sizeof utterance;
    EXPECT_INVALID(dia_generator_add_utterance(nullptr, &utterance, nullptr), "generator is NULL");
    EXPECT_INVALID(dia_generator_prefill(nullptr), "generator is NULL");
    EXPECT_INVALID(dia_generator_step(nullptr, nullptr), "generator is NULL");
    dia_row_state state;
    state.struct_size = sizeof state;
    EXPECT_INVALID(dia_generator_get_row_state(nullptr, 0, &state), "generator is NULL");
    int32_t number = 0;
    int64_t count = 0;
    EXPECT_INVALID(dia_generator_copy_tokens(nullptr, 0, &number, 1, &count), "generator is NULL");
    EXPECT_INVALID(dia_generator_copy_frames(nullptr, 0, 0, &number, 1, &count), "generator is NULL");
    float score = 0;
    EXPECT_INVALID(dia_generator_stop_row(nullptr, 0), "generator is NULL");
    EXPECT_INVALID(dia_generator_copy_logits(nullptr, 0, 0, &score, 1, &count), "generator is NULL");
    EXPECT_INVALID(dia_generator_copy_scores(nullptr, 0, &score, 1, &count), "generator is NULL");

    const GeneratorPtr generator = make_generator();
    EXPECT_INVALID(dia_generator_add_text(generator.get(), nullptr, -1, nullptr), "text is NULL");
    EXPECT_INVALID(dia_generator_add_utterance(generator.get(), nullptr, nullptr), "utterance is NULL");
    EXPECT_INVALID(dia_generator_add_utterance(generator.get(), &utterance, nullptr), "input_ids");
    ASSERT_EQ(dia_generator_add_text(generator.get(), "[S1] Hi.", -1, nullptr), DIA_STATUS_OK)
        << dia_last_error_message();
    EXPECT_INVALID(dia_generator_get_row_state(generator.get(), 0, nullptr), "state is NULL");
    EXPECT_INVALID(dia_generator_copy_tokens(generator.get(), 0, nullptr, 9, &count), "tokens is NULL");
    EXPECT_INVALID(dia_generator_copy_frames(generator.get(), 0, 0, nullptr, 9, &count), "codes is NULL");
    EXPECT_INVALID(dia_generator_copy_frames(generator.get(), 0, 0, &number, 1, nullptr), "n_frames is NULL");
}

TEST(NullArguments, CodecFunctionsRefuseNull) {
    dia_codec * created = nullptr;
    EXPECT_INVALID(dia_codec_create(nullptr, nullptr, &created), "model is NULL");
    EXPECT_INVALID(dia_codec_create(tiny_model(), nullptr, nullptr), "out is NULL");
    int32_t code = 0;
    float sample = 0;
    EXPECT_INVALID(dia_codec_decode(nullptr, &code, 1, 0, 1, &sample, 1, nullptr), "codec is NULL");
    const CodecPtr codec = make_codec();
    EXPECT_INVALID(dia_codec_decode(codec.get(), nullptr, 1, 0, 1, &sample, 1, nullptr), "codes is NULL");
    const dia_config config = tiny_config();
    const std::vector<int32_t> codes(static_cast<size_t>(config.codec_n_codebooks));
    EXPECT_INVALID(dia_codec_decode(codec.get(), codes.data(), 1, 0, 1, nullptr, config.codec_hop_length, nullptr),
                   "samples is NULL");
    int64_t count = 0;
    EXPECT_INVALID(dia_codec_copy_codebook(nullptr, 0, &sample, 1, &count), "codec is NULL");
    EXPECT_INVALID(dia_codec_copy_codebook(codec.get(), 0, nullptr, 1, &count), "vectors is NULL");
    EXPECT_INVALID(dia_codec_encode(nullptr, &sample, 1, &code, 1, &count), "codec is NULL");
    EXPECT_INVALID(dia_codec_encode(codec.get(), nullptr, 1, &code, 1, &count), "samples is NULL");
    EXPECT_INVALID(dia_codec_encode(codec.get(), &sample, 1, nullptr, 1, &count), "codes is NULL");
}

TEST(NullArguments, ForwardFunctionsRefuseNull) {
    const int32_t id = 72;
    dia_encoding * encoding = nullptr;
    EXPECT_INVALID(dia_encoding_create(nullptr, &id, 1, nullptr, &encoding), "model is NULL");
    EXPECT_INVALID(dia_encoding_create(tiny_model(), nullptr, 1, nullptr, &encoding), "input_ids is NULL");
    EXPECT_INVALID(dia_encoding_create(tiny_model(), &id, 1, nullptr, nullptr), "out is NULL");
    dia_decoder * decoder = nullptr;
    EXPECT_INVALID(dia_decoder_create(nullptr, nullptr, &decoder), "encoding is NULL");
    ASSERT_EQ(dia_encoding_create(tiny_model(), &id, 1, nullptr, &encoding), DIA_STATUS_OK)
        << dia_last_error_message();
    const EncodingPtr owned_encoding(encoding);
    EXPECT_INVALID(dia_decoder_create(encoding, nullptr, nullptr), "out is NULL");
    ASSERT_EQ(dia_decoder_create(encoding, nullptr, &decoder), DIA_STATUS_OK) << dia_last_error_message();
    const DecoderPtr owned_decoder(decoder);
    dia_decoder_input input;
    ASSERT_EQ(dia_decoder_input_init(&input, sizeof input), DIA_STATUS_OK);
    input.n_positions = 1;
    EXPECT_INVALID(dia_decoder_run(nullptr, &input), "decoder is NULL");
    EXPECT_INVALID(dia_decoder_truncate(nullptr, 0), "decoder is NULL");
    EXPECT_INVALID(dia_decoder_run(decoder, nullptr), "input is NULL");
    EXPECT_INVALID(dia_decoder_run(decoder, &input), "tokens is NULL");
}

TEST(NullArguments, AudioFunctionsRefuseNull) {
    dia_audio * audio = nullptr;
    const uint8_t byte = 0;
    EXPECT_INVALID(dia_audio_load(nullptr, 0, &audio), "path is NULL");
    EXPECT_INVALID(dia_audio_load("unused.wav", 0, nullptr), "out is NULL");
    EXPECT_INVALID(dia_audio_load_memory(nullptr, 1, 0, &audio), "bytes is NULL");
    EXPECT_INVALID(dia_audio_load_memory(&byte, 1, 0, nullptr), "out is NULL");
    const float sample = 0;
    float result = 0;
    EXPECT_INVALID(dia_resample(nullptr, 1, 48000, 44100, &result, 1, nullptr), "in is NULL");
    EXPECT_INVALID(dia_resample(&sample, 1, 48000, 44100, nullptr, 1, nullptr), "out is NULL");
}

}  // namespace
}  // namespace dia_abi
