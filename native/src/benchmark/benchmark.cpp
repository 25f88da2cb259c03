#include "benchmark/benchmark.h"

#include "backend/cpu_topology.h"
#include "benchmark/model_benchmark.h"
#include "support/error.h"

namespace dia {

namespace {

void require_range(const char * name, int64_t value, int64_t least, int64_t most) {
    if (value < least || value > most) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s is %lld, expected %lld to %lld", name, static_cast<long long>(value),
             static_cast<long long>(least), static_cast<long long>(most));
    }
}

void validate(const BenchmarkOptions & options) {
    constexpr int32_t kMostRuns = 1000;
    constexpr int32_t kMostRows = 1024;
    constexpr int32_t kMostPositions = 1 << 20;
    if (options.phases < 1 || options.phases > kAllBenchmarkPhases) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "phases is %d, which is no sum of dia_benchmark_phase", options.phases);
    }
    require_thread_count(options.n_threads);
    require_range("warm_up", options.repetition.warm_up, 0, kMostRuns);
    require_range("repetitions", options.repetition.repetitions, 1, kMostRuns);
    if (!(options.repetition.max_seconds > 0.0)) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "max_seconds is %g, expected more than 0",
             options.repetition.max_seconds);
    }
    for (const int32_t position : options.positions) {
        require_range("a position", position, 0, kMostPositions);
    }
    for (const int32_t n_rows : options.batch_sizes) {
        require_range("a batch size", n_rows, 1, kMostRows);
    }
}

}  // namespace

BenchmarkRun run_benchmark(const std::string & path, const BenchmarkOptions & options) {
    validate(options);
    return ModelBenchmark(path, options).run();
}

}  // namespace dia
