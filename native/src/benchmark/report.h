// What was measured, for programs, for people and to look at.
#pragma once

#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "benchmark/machine.h"

namespace dia {

struct BenchmarkReport {
    Machine machine;
    std::vector<BenchmarkRun> runs;
};

// A JSON object; docs/performance.md describes it.
std::string json_of(const BenchmarkReport & report);

// A table of plain text for each run.
std::string table_of(const BenchmarkReport & report);

// An SVG of the time of a step against the position: a line for each run that measured steps.
std::string plot_of(const BenchmarkReport & report);

}  // namespace dia
