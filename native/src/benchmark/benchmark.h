// Measures how fast a model runs on a device of this machine, stage by stage, beside what the device could do at
// best (benchmark/roofline.h).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/device.h"
#include "benchmark/roofline.h"
#include "benchmark/timing.h"
#include "dia/dia.h"

namespace dia {

struct BenchmarkOptions {
    int32_t phases = 0;  // sum of dia_benchmark_phase
    Device device;
    int32_t n_threads = 0;
    Repetition repetition;
    std::vector<int32_t> positions;
    std::vector<int32_t> batch_sizes;
    std::function<bool(int64_t done, int64_t total)>
        progress;  // measurements; false stops with DIA_STATUS_CANCELLED
};

// The phases that are measured if nothing is said, and those that there are.
constexpr int32_t kDefaultBenchmarkPhases = 127;
constexpr int32_t kAllBenchmarkPhases = 255;

// Seconds below which a stage cannot be, and why.
struct Bound {
    double seconds;
    std::string reason;
};

struct Measurement {
    std::string phase;
    std::optional<int64_t> n_rows;
    std::optional<int64_t> position;
    Timing timing;
    std::optional<Bound> bound;
    std::vector<std::pair<std::string, double>> figures;  // what else is known, by name with unit
    int64_t peak_bytes = 0;                               // resident memory of the process
};

// One model on one device and number of threads.
struct BenchmarkRun {
    Device device;
    std::string model;  // its description
    std::string name;   // general.name
    int64_t n_parameters = 0;
    int64_t n_bytes = 0;
    std::string cache_type;
    int32_t n_threads = 0;
    ReadBandwidth read_bandwidth;
    std::map<ggml_type, MatrixProduct> matrix_products;
    std::vector<Measurement> measurements;
};

// The device holds all of the model. Throws Error, DIA_STATUS_INVALID_ARGUMENT for options out of range.
BenchmarkRun run_benchmark(const std::string & path, const BenchmarkOptions & options);

}  // namespace dia
