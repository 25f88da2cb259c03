// What the benchmark says; how fast anything is stands in no test.
#include "benchmark/benchmark.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "backend/cpu_backend.h"
#include "benchmark/report.h"
#include "comparison.h"
#include "dac/dac_codec.h"
#include "dac/stock_codec.h"
#include "expect_error.h"
#include "synthesis/synthesizer.h"
#include "synthetic_codec.h"
#include "temporary_folder.h"

namespace dia::testing {
namespace {

using Json = nlohmann::json;

class BenchmarkTest : public ::testing::Test {
protected:
    BenchmarkTest() {
        SynthesisOptions synthesis;
        synthesis.preset = "tiny";
        synthesis.write.types.type = DIA_TYPE_Q4_K;
        synthesis.write.output_path = path_ = folder_.path("tiny.gguf");
        synthesize_model(synthesis);
        options_.phases = kDefaultBenchmarkPhases;
        options_.n_threads = 1;
        options_.repetition.repetitions = 2;
        options_.repetition.max_seconds = 1e-3;
        options_.positions = {0, 64, 300};
        options_.batch_sizes = {1, 3};
    }

    TemporaryFolder folder_;
    std::string path_;
    BenchmarkOptions options_;
};

TEST_F(BenchmarkTest, tells_of_every_phase) {
    const BenchmarkReport report = {this_machine(), {run_benchmark(path_, options_)}};
    const Json json = Json::parse(json_of(report));
    std::printf("%s", table_of(report).c_str());
    for (const char * key : {"time", "version", "commit", "machine", "runs"}) {
        EXPECT_TRUE(json.contains(key)) << key;
    }
    const Json & run = json["runs"][0];
    EXPECT_EQ(run["device"], "CPU");
    EXPECT_EQ(run["device_description"], json["machine"]["processor"]);
    EXPECT_EQ(run["threads"], 1);
    EXPECT_EQ(run["cache_type"], "f16");
    EXPECT_GT(run["read_bandwidth"]["gb_per_second"], 0.0);
    std::set<std::string> types;
    for (const Json & product : run["matrix_products"]) {
        types.insert(product["type"]);
        EXPECT_GT(product["gflops"], 0.0);
    }
    EXPECT_EQ(types, (std::set<std::string>{"f32", "q4_K"}));

    std::vector<std::string> phases;
    for (const Json & measurement : run["measurements"]) {
        std::string name = measurement["phase"];
        if (measurement.contains("position")) {
            name += " " + measurement["batch_size"].dump() + " " + measurement["position"].dump();
        }
        phases.push_back(name);
        EXPECT_GT(measurement["runs"], 0) << name;
        EXPECT_LE(measurement["min_ms"], measurement["median_ms"]) << name;
        EXPECT_LE(measurement["median_ms"], measurement["max_ms"]) << name;
        if (measurement.contains("bound")) {
            EXPECT_GT(measurement["ratio"], 0.0) << name;
        }
    }
    EXPECT_EQ(phases, (std::vector<std::string>{"load", "encode", "prefill", "decode 1 0", "decode 1 64",
                                                "decode 1 300", "decode 3 512", "sample", "first audio",
                                                "decode audio", "decode audio, stock operators", "encode audio"}));
    const std::string plot = plot_of(report);
    EXPECT_NE(plot.find("<polyline"), std::string::npos);
    EXPECT_NE(plot.find(run["model"].get<std::string>()), std::string::npos);
}

TEST_F(BenchmarkTest, speaks_ten_seconds_when_asked) {
    options_.phases = DIA_BENCHMARK_PHASE_TOTAL;
    const BenchmarkRun run = run_benchmark(path_, options_);
    ASSERT_EQ(run.measurements.size(), 1u);
    const auto [name, seconds] = run.measurements[0].figures.at(0);
    EXPECT_EQ(name, "audio_seconds");
    EXPECT_NEAR(seconds, 10.0, 0.1);
}

TEST_F(BenchmarkTest, stops_when_it_is_cancelled) {
    options_.progress = [](int64_t done, int64_t) { return done < 2; };
    expect_error(DIA_STATUS_CANCELLED, {"tiny.gguf"}, [&] { run_benchmark(path_, options_); });
}

TEST(Timing, takes_the_median_of_what_counts) {
    Repetition repetition;
    repetition.warm_up = 3;
    repetition.repetitions = 5;
    repetition.max_seconds = 1e9;
    int n_runs = 0;
    EXPECT_EQ(measure(repetition, [&] { ++n_runs; }).n_runs, 5);
    EXPECT_EQ(n_runs, 8);
    repetition.max_seconds = 1e-12;
    EXPECT_EQ(measure(repetition, [&] { ++n_runs; }).n_runs, 1);
    EXPECT_EQ(n_runs, 9);  // the first one takes longer than there is time
    repetition.compiles = true;
    EXPECT_EQ(measure(repetition, [&] { ++n_runs; }).n_runs, 1);
    EXPECT_EQ(n_runs, 11);
}

// 1.264 billion weights meet every position, which read 1.34 GB in Q8_0; DAC multiplies 804 million times per
// frame.
TEST(ModelWork, knows_what_the_published_model_has_to_do) {
    const ggml_context_ptr context(ggml_init({2048 * ggml_tensor_overhead(), nullptr, true}));
    Model model;
    model.hparams.dac = DacHparams();
    for (const TensorEntry & entry : tensor_table(model, true)) {
        const ggml_type type = entry.role == TensorRole::matrix ? GGML_TYPE_Q8_0 : GGML_TYPE_F32;
        *entry.slot =
            ggml_new_tensor(context.get(), type, static_cast<int>(entry.shape.size()), entry.shape.data());
    }
    EXPECT_NEAR(decoder_work(model).flops(), 2.53e9, 0.005e9);
    EXPECT_NEAR(decoder_work(model).n_bytes(), 1.344e9, 0.001e9);
    EXPECT_NEAR(dac_decoder_flops(model.dac->decoder), 2 * 804.1e6, 0.1e6);
}

class StockDacDecoder : public ::testing::TestWithParam<ggml_type> {};

TEST_P(StockDacDecoder, decodes_what_the_codec_decodes) {
    SyntheticCodec description = tiny_codec();
    description.type = GetParam();
    const auto model = make_codec(description);
    DacCodec codec(model, {1});
    constexpr int64_t n_frames = 30;
    std::vector<int32_t> codes(static_cast<size_t>(n_frames * codec.n_codebooks()));
    for (size_t i = 0; i < codes.size(); ++i) {
        codes[i] = static_cast<int32_t>(i * 7 % static_cast<size_t>(description.hparams.codebook_size));
    }
    std::vector<float> expected(static_cast<size_t>(n_frames * codec.hop_length()));
    codec.decode(codes, 0, n_frames, expected);

    Graph graph(stock_decoder_size(model->dac->decoder));
    ggml_tensor * latent = graph.input(GGML_TYPE_F32, n_frames, description.hparams.hidden_size);
    ggml_tensor * samples = build_stock_decoder(graph, model->dac->decoder, latent);
    graph.allocate();
    ResidualVectorQuantizer(model->dac->quantizers)
        .decode(codes, {host_data<float>(latent), static_cast<size_t>(ggml_nelements(latent))});
    CpuBackend(1).compute(graph.nodes());
    const Difference found = difference(floats_of(samples), expected);
    std::printf("%s: largest difference %g\n", ggml_type_name(GetParam()), found.max_abs);
    EXPECT_LT(found.max_abs, GetParam() == GGML_TYPE_F32 ? 1e-5 : 1e-2);
}

INSTANTIATE_TEST_SUITE_P(EveryType, StockDacDecoder, ::testing::Values(GGML_TYPE_F32, GGML_TYPE_F16),
                         [](const auto & test) { return std::string(ggml_type_name(test.param)); });

}  // namespace
}  // namespace dia::testing
