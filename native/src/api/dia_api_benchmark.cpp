// The part of the C interface that measures speed.

#include <algorithm>
#include <string>
#include <vector>

#include "api/api_guard.h"
#include "api/progress.h"
#include "api/versioned_struct.h"
#include "benchmark/report.h"
#include "dia/dia.h"

struct dia_benchmark {
    dia::BenchmarkReport report;
    std::string json;
    std::string table;
    std::string plot;

    void write() {
        json = dia::json_of(report);
        table = dia::table_of(report);
        plot = dia::plot_of(report);
    }
};

namespace {

constexpr int32_t kDefaultPositions[] = {0, 64, 430, 512, 860, 1720, 2600, 3000};
constexpr int32_t kDefaultBatchSizes[] = {1, 8};
constexpr int64_t kMaxElements = 1024;

dia_benchmark_params default_benchmark_params() {
    dia_benchmark_params params = {};
    const dia::Repetition repetition;
    params.struct_size = sizeof(params);
    params.phases = dia::kDefaultBenchmarkPhases;
    params.warm_up = repetition.warm_up;
    params.repetitions = repetition.repetitions;
    params.max_seconds = repetition.max_seconds;
    return params;
}

// The caller's numbers, or those that are measured if there are none.
template <size_t N>
std::vector<int32_t> numbers_of(const int32_t * numbers, int64_t count, const char * name, const char * count_name,
                                const int32_t (&otherwise)[N]) {
    dia::require_array(numbers, count, name, count_name);
    if (count > kMaxElements) {
        dia::fail(DIA_STATUS_INVALID_ARGUMENT, "%s is %lld, expected at most %lld", count_name,
                  static_cast<long long>(count), static_cast<long long>(kMaxElements));
    }
    return count == 0 ? std::vector<int32_t>(otherwise, otherwise + N)
                      : std::vector<int32_t>(numbers, numbers + count);
}

// The processor unless another device is asked for; "auto" is the first GPU.
dia::Device device_of(const char * name) {
    if (name == nullptr) {
        return dia::Device();
    }
    if (std::string(name) == "auto") {
        const std::vector<dia::Device> devices = dia::all_devices();
        return devices[std::min<size_t>(1, devices.size() - 1)];
    }
    return dia::find_device(name);
}

dia::BenchmarkOptions options_of(const dia_benchmark_params & params) {
    dia::BenchmarkOptions options;
    options.device = device_of(params.device);
    options.phases = params.phases;
    options.n_threads = params.n_threads;
    options.repetition.warm_up = params.warm_up;
    options.repetition.repetitions = params.repetitions;
    options.repetition.max_seconds = params.max_seconds;
    options.positions =
        numbers_of(params.positions, params.n_positions, "positions", "n_positions", kDefaultPositions);
    options.batch_sizes =
        numbers_of(params.batch_sizes, params.n_batch_sizes, "batch_sizes", "n_batch_sizes", kDefaultBatchSizes);
    options.progress = dia::progress_of(params.progress, params.user_data);
    return options;
}

}  // namespace

dia_status dia_benchmark_params_init(dia_benchmark_params * params, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(params, struct_size, default_benchmark_params(), "params"); });
}

dia_status dia_benchmark_create(dia_benchmark ** out) {
    return dia::guard([&] {
        dia::clear_output(out, "out");
        auto benchmark = std::make_unique<dia_benchmark>();
        benchmark->report.machine = dia::this_machine();
        benchmark->write();
        *out = benchmark.release();
    });
}

void dia_benchmark_free(dia_benchmark * benchmark) {
    delete benchmark;
}

dia_status dia_benchmark_run(dia_benchmark * benchmark, const char * path, const dia_benchmark_params * params) {
    return dia::guard([&] {
        dia::require(benchmark, "benchmark");
        dia::require(path, "path");
        const dia_benchmark_params given = dia::read_struct(params, default_benchmark_params());
        benchmark->report.runs.push_back(dia::run_benchmark(path, options_of(given)));
        benchmark->write();
    });
}

const char * dia_benchmark_json(const dia_benchmark * benchmark) {
    return benchmark == nullptr ? nullptr : benchmark->json.c_str();
}

const char * dia_benchmark_table(const dia_benchmark * benchmark) {
    return benchmark == nullptr ? nullptr : benchmark->table.c_str();
}

const char * dia_benchmark_plot(const dia_benchmark * benchmark) {
    return benchmark == nullptr ? nullptr : benchmark->plot.c_str();
}
