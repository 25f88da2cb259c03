#include "benchmark/report.h"
#include "support/error.h"

namespace dia {

namespace {

std::string optional_number(const std::optional<int64_t> & number) {
    return number ? std::to_string(*number) : "";
}

// What is known beyond the time: "gflops 61.2, times real time 1.4".
std::string notes_of(const Measurement & measurement) {
    std::string notes = measurement.bound ? "bound: " + measurement.bound->reason : "";
    for (const auto & [name, value] : measurement.figures) {
        std::string words = name;
        for (char & c : words) {
            c = c == '_' ? ' ' : c;
        }
        notes += format("%s%s %.4g", notes.empty() ? "" : "; ", words.c_str(), value);
    }
    return notes;
}

std::string row_of(const Measurement & measurement) {
    const Timing & timing = measurement.timing;
    std::string row =
        format("%-29s %5s %9s %5d %10.3f %10.3f %10.3f", measurement.phase.c_str(),
               optional_number(measurement.n_rows).c_str(), optional_number(measurement.position).c_str(),
               timing.n_runs, 1e3 * timing.median, 1e3 * timing.min, 1e3 * timing.max);
    if (measurement.bound) {
        row +=
            format(" %10.3f %6.2f", 1e3 * measurement.bound->seconds, timing.median / measurement.bound->seconds);
    } else {
        row += format(" %10s %6s", "", "");
    }
    return row + format(" %8.0f  ", 1e-6 * static_cast<double>(measurement.peak_bytes)) + notes_of(measurement) +
           "\n";
}

// "CPU", of which the machine tells more, or "Vulkan0 (NVIDIA H100)".
std::string device_of(const BenchmarkRun & run) {
    const std::string name = run.device.name();
    return run.device.is_gpu() ? name + " (" + run.device.description() + ")" : name;
}

std::string table_of(const BenchmarkRun & run) {
    std::string table = format("%s (%s), %s, %d threads, caches %s\n", run.model.c_str(), run.name.c_str(),
                               device_of(run).c_str(), run.n_threads, run.cache_type.c_str());
    table += format("reads %.2f GB at %.2f GB/s", 1e-9 * run.read_bandwidth.n_bytes,
                    1e-9 * run.read_bandwidth.bytes_per_second());
    for (const auto & [type, product] : run.matrix_products) {
        table += format(", multiplies %s at %.1f GFLOPS", ggml_type_name(type), 1e-9 * product.flops_per_second());
    }
    table += format("\n%-29s %5s %9s %5s %10s %10s %10s %10s %6s %8s\n", "phase", "rows", "position", "runs",
                    "median ms", "min ms", "max ms", "bound ms", "ratio", "peak MB");
    for (const Measurement & measurement : run.measurements) {
        table += row_of(measurement);
    }
    return table;
}

}  // namespace

std::string table_of(const BenchmarkReport & report) {
    const Machine & machine = report.machine;
    std::string table =
        format("libdia %s, commit %s, compiled for %s\n%s, %d cores, %s, %s\n", machine.version.c_str(),
               machine.commit.c_str(), machine.cpu_level.c_str(), machine.processor.c_str(), machine.n_cores,
               machine.system.c_str(), machine.time.c_str());
    for (const BenchmarkRun & run : report.runs) {
        table += "\n" + table_of(run);
    }
    return table;
}

}  // namespace dia
