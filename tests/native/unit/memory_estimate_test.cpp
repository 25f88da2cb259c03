// Estimates of memory against what the ledger counts when the real thing runs.
#include "generation/memory_estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "backend/backends.h"
#include "backend/cpu_backend.h"
#include "dac/dac_codec.h"
#include "expect_error.h"
#include "gguf/storage_type.h"
#include "hash_model.h"
#include "model/decoder_run.h"
#include "model/encoder.h"
#include "model/model.h"
#include "support/memory_ledger.h"
#include "synthesis/synthesizer.h"
#include "temporary_folder.h"

namespace dia {
namespace {

using testing::TemporaryFolder;

// The part by which an estimate may be off.
constexpr double kTolerance = 0.05;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCountsObjects = false;
#else
constexpr bool kCountsObjects = true;
#endif

void expect_near(const char * what, int64_t estimated, int64_t counted) {
    const double ratio = static_cast<double>(estimated) / static_cast<double>(counted);
    std::printf("%s: estimated %lld, counted %lld bytes, ratio %.4f\n", what, static_cast<long long>(estimated),
                static_cast<long long>(counted), ratio);
    EXPECT_NEAR(ratio, 1.0, kTolerance) << what;
}

// Work that is large enough for the numbers to be about what grows with it.
DecoderSessionOptions long_speech() {
    DecoderSessionOptions options;
    options.n_rows = 2;
    options.n_text = 300;
    options.n_prefix = 400;
    options.n_positions = 1000;
    options.n_threads = 2;
    return options;
}

class MemoryEstimateTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        folder_ = std::make_unique<TemporaryFolder>();
        SynthesisOptions synthesis;
        synthesis.preset = "tiny";
        synthesis.write.types.type = DIA_TYPE_Q8_0;
        synthesis.write.output_path = folder_->path("tiny.gguf");
        synthesize_model(synthesis);
    }

    static void TearDownTestSuite() { folder_.reset(); }

    void SetUp() override {
        if (!kCountsObjects) {
            GTEST_SKIP() << "a sanitizer's operator new is in use";
        }
    }

    static std::string path() { return folder_->path("tiny.gguf"); }

    static std::shared_ptr<const Model> load(bool only_measure = false) {
        LoadOptions options;
        options.only_measure = only_measure;
        return load_model(path(), options);
    }

    static std::unique_ptr<TemporaryFolder> folder_;
};

std::unique_ptr<TemporaryFolder> MemoryEstimateTest::folder_;

TEST_F(MemoryEstimateTest, tells_what_a_session_holds_in_its_steps) {
    const auto model = load();
    const std::vector<int32_t> text(300, 'a');
    for (const dia_type type : {DIA_TYPE_F32, DIA_TYPE_F16, DIA_TYPE_Q8_0}) {
        for (const bool guidance : {true, false}) {
            DecoderSessionOptions options = long_speech();
            options.kv_type = type;
            options.guidance = guidance;
            const MemoryEstimate estimate = estimate_memory(load(true), options);
            const auto channels = static_cast<size_t>(model->hparams.dia.decoder.num_channels);
            const std::vector<int32_t> prefix(400 * channels, 1);
            const std::vector<int32_t> step(2 * channels, 1);
            const int64_t before = live_bytes();
            DecoderSession session(model, options);
            for (const int32_t row : {0, 1}) {
                session.prefill(row, text, prefix);
            }
            session.step(std::vector<int32_t>{0, 1}, step);
            const int64_t held = estimate.self_cache + estimate.cross_cache + estimate.step + estimate.other;
            expect_near(type_name(type), held, live_bytes() - before);
        }
    }
}

TEST_F(MemoryEstimateTest, tells_what_encoder_and_prefill_compute_in) {
    const auto model = load();
    const DecoderHparams & hparams = model->hparams.dia.decoder;
    const DecoderSessionOptions options = long_speech();
    const MemoryEstimate estimate = estimate_memory(load(true), options);
    const std::vector<Device> layers = model->placement.of_layers();
    const Backends backends(model->placement.devices(), options.n_threads);

    int64_t before = live_bytes();
    {
        CpuBackend own(options.n_threads);
        EncoderRun run(*model, std::vector<int32_t>(300, 'a'));
        own.compute(run.graph.nodes());
        const int64_t states = 300 * int64_t{model->hparams.dia.encoder.hidden_size} * int64_t{sizeof(float)};
        expect_near("encoder", estimate.encoder, live_bytes() - before + states);
    }

    KvCache self(layers, hparams.num_key_value_heads, hparams.head_dim, 400, 2, GGML_TYPE_F16);
    KvCache cross(layers, hparams.cross_num_key_value_heads, hparams.cross_head_dim, 300, 1, GGML_TYPE_F16);
    const std::vector<ggml_tensor *> & unconditional = model->unconditional.cross_attention(*model, backends);
    before = live_bytes();
    const Backends own(model->placement.devices(), options.n_threads);
    DecoderShape shape;
    shape.n_branches = 2;
    shape.n_positions = kRunPositions;
    shape.n_cached = 400;
    shape.n_text = 300;
    DecoderRun run(*model, shape, {self, cross}, unconditional, nullptr);
    const std::vector<int32_t> tokens(static_cast<size_t>(hparams.num_channels));
    for (int64_t t = 0; t < shape.n_positions; ++t) {
        run.set_position(0, t, shape.n_cached - shape.n_positions + t, tokens);
    }
    run.compute(own);
    expect_near("prefill", estimate.prefill, live_bytes() - before);
}

TEST_F(MemoryEstimateTest, tells_what_the_codec_decodes_in) {
    const auto model = load();
    DecoderSessionOptions options = long_speech();
    options.n_prefix = 1;
    for (const int64_t n_frames : {1, 40, 90, 500}) {
        options.n_positions = options.n_prefix + model->hparams.dia.max_delay() + n_frames;
        const MemoryEstimate estimate = estimate_memory(load(true), options);
        EXPECT_EQ(estimate.audio, 2 * n_frames * model->hparams.dac->hop_length * int64_t{sizeof(float)});
        const std::vector<int32_t> codes(static_cast<size_t>(n_frames * model->hparams.dac->n_codebooks));
        std::vector<float> samples(static_cast<size_t>(n_frames * model->hparams.dac->hop_length));
        DacCodecOptions codec_options;
        codec_options.n_threads = options.n_threads;
        int64_t most = 0;
        const int64_t before = live_bytes();
        DacCodec codec(model, codec_options);
        // Frame by window, so that the largest of the graphs is seen.
        for (int64_t first = 0; first < n_frames; first += codec_options.window_frames) {
            const int64_t count = std::min<int64_t>(codec_options.window_frames, n_frames - first);
            const span<float> out(samples.data(), static_cast<size_t>(count * codec.hop_length()));
            codec.decode(codes, first, count, out);
            most = std::max(most, live_bytes() - before);
        }
        expect_near("codec", estimate.codec, most);
    }
}

TEST_F(MemoryEstimateTest, takes_nothing_and_reads_no_weights) {
    const auto model = load(true);
    estimate_memory(model, long_speech());
    const int64_t before = live_bytes();
    const MemoryEstimate estimate = estimate_memory(model, long_speech());
    EXPECT_EQ(live_bytes(), before);
    EXPECT_GT(estimate.self_cache, 0);

    LoadOptions options;
    options.use_mmap = false;
    options.only_measure = true;
    const auto to_be_read = load_model(path(), options);
    EXPECT_LT(live_bytes() - before, to_be_read->n_bytes / 2);
    const MemoryEstimate of_read = estimate_memory(to_be_read, long_speech());
    EXPECT_TRUE(estimate.weights_mapped);
    EXPECT_FALSE(of_read.weights_mapped);
    EXPECT_EQ(of_read.weights, to_be_read->n_bytes);
    EXPECT_EQ(of_read.self_cache, estimate.self_cache);
}

TEST_F(MemoryEstimateTest, counts_the_weights_that_are_touched) {
    const auto model = load(true);
    ASSERT_GT(model->codec_encoder_n_bytes, 0);
    ASSERT_GT(model->codec_n_bytes, model->codec_encoder_n_bytes);
    DecoderSessionOptions options = long_speech();
    EXPECT_EQ(estimate_memory(model, options).weights, model->n_bytes);
    options.n_prefix = 1;
    const MemoryEstimate estimate = estimate_memory(model, options);
    EXPECT_EQ(estimate.weights, model->n_bytes - model->codec_encoder_n_bytes);
    EXPECT_EQ(estimate.late_weights, model->codec_n_bytes - model->codec_encoder_n_bytes);
}

TEST(MemoryEstimateTotals, add_what_is_there_at_a_time) {
    MemoryEstimate estimate;
    estimate.weights = 1000;
    estimate.late_weights = 100;
    estimate.self_cache = 20;
    estimate.cross_cache = 10;
    estimate.encoder = 7;
    estimate.prefill = 9;
    estimate.step = 5;
    estimate.codec = 50;
    estimate.audio = 4;
    estimate.other = 2;
    estimate.process = 300;
    EXPECT_EQ(estimate.of_generation(), 20 + 10 + 9 + 4 + 2);
    EXPECT_EQ(estimate.total(), 1300 + 50 + 4);
    EXPECT_EQ(estimate.total_streaming(), 1300 + 20 + 10 + (5 + 50) + 4 + 2);
    estimate.late_weights = 0;
    estimate.prefill = 90;
    EXPECT_EQ(estimate.total(), 1300 + 20 + 10 + 90 + 4 + 2);
    EXPECT_EQ(estimate.total_streaming(), 1300 + 20 + 10 + 90 + 4 + 2);
}

TEST(MemoryEstimateOfModelWithoutCodec, has_no_codec_and_no_audio) {
    const MemoryEstimate estimate =
        estimate_memory(testing::make_hash_model(testing::hash_tiny_hparams()), long_speech());
    EXPECT_EQ(estimate.codec, 0);
    EXPECT_EQ(estimate.audio, 0);
    EXPECT_GT(estimate.total(), estimate.self_cache);
}

TEST(MemoryEstimateOfTooMuch, is_refused) {
    const auto model = testing::make_hash_model(testing::hash_tiny_hparams());
    DecoderSessionOptions options = long_speech();
    options.n_positions = INT64_MAX / 64;
    testing::expect_error(DIA_STATUS_OUT_OF_MEMORY, {"cache", std::to_string(options.n_positions)},
                          [&] { estimate_memory(model, options); });
    options = long_speech();
    options.kv_type = DIA_TYPE_Q8_0;
    testing::expect_error(DIA_STATUS_INVALID_ARGUMENT, {"kv_type"}, [&] { estimate_memory(model, options); });
}

}  // namespace
}  // namespace dia
