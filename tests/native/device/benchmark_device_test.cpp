// What the benchmark says of a GPU; how fast it is stands in no test.
#include <nlohmann/json.hpp>

#include "benchmark/model_work.h"
#include "benchmark/report.h"
#include "benchmark/roofline.h"
#include "device_fixture.h"

namespace dia::testing {
namespace {

using Json = nlohmann::json;

class BenchmarkDeviceTest : public DeviceTest {};

TEST_F(BenchmarkDeviceTest, measures_the_phases_that_a_gpu_has) {
    BenchmarkOptions options;
    options.device = gpu();
    options.phases = kDefaultBenchmarkPhases;
    options.repetition.max_seconds = 1e-3;
    options.positions = {0, 64, 300};
    options.batch_sizes = {1, 3};
    const BenchmarkReport report = {this_machine(), {run_benchmark(model_path(DIA_TYPE_Q4_K), options)}};
    const std::string table = table_of(report);
    std::printf("%s", table.c_str());
    EXPECT_NE(table.find(gpu().description()), std::string::npos);
    EXPECT_NE(plot_of(report).find(gpu().name()), std::string::npos);

    const Json run = Json::parse(json_of(report))["runs"][0];
    EXPECT_EQ(run["device"], gpu().name());
    EXPECT_EQ(run["device_description"], gpu().description());
    EXPECT_GT(run["read_bandwidth"]["gb_per_second"], 0.0);
    std::vector<std::string> types;
    for (const Json & product : run["matrix_products"]) {
        types.push_back(product["type"]);
        EXPECT_GT(product["gflops"], 0.0);
    }
    EXPECT_EQ(types, (std::vector<std::string>{"f32", "q4_K"}));
    std::vector<std::string> phases;
    for (const Json & measurement : run["measurements"]) {
        const std::string phase = measurement["phase"];
        phases.push_back(phase);
        EXPECT_GT(measurement["median_ms"], 0.0) << phase;
        EXPECT_EQ(measurement.contains("bound"), phase != "load" && phase != "sample") << phase;
        if (measurement.contains("working_megabytes")) {
            EXPECT_GT(measurement["working_megabytes"], 0.0) << phase;
        }
    }
    EXPECT_EQ(phases, (std::vector<std::string>{"load", "encode", "prefill", "decode", "decode", "decode", "decode",
                                                "sample", "first audio", "decode audio", "encode audio"}));
}

// All bytes of the weights, but for those at the end of a matrix that fill no row of the product.
TEST_F(BenchmarkDeviceTest, reads_all_of_the_weights) {
    for (const dia_type type : {DIA_TYPE_F32, DIA_TYPE_Q4_K}) {
        const auto model = load(type, gpu());
        const MatrixWork work = decoder_work(*model);
        const ReadBandwidth found = measure_read_bandwidth(work, gpu(), 1, {});
        std::printf("%g of %g bytes at %g GB/s\n", found.n_bytes, work.n_bytes(), 1e-9 * found.bytes_per_second());
        EXPECT_LE(found.n_bytes, work.n_bytes());
        EXPECT_GT(found.n_bytes, 0.99 * work.n_bytes());
    }
}

}  // namespace
}  // namespace dia::testing
