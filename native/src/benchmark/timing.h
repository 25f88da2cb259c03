// How long something takes: the least, the median and the largest time of several runs.
#pragma once

#include <cstdint>
#include <functional>

namespace dia {

struct Repetition {
    int32_t warm_up = 1;       // runs before those that count
    int32_t repetitions = 10;  // most runs that count
    double max_seconds = 4.0;  // after which no further run begins; at least one counts
    bool compiles = false;     // in the first run, which is no measure of the others

    // Called before every run; throws to stop.
    std::function<void()> before_run = [] {};
};

// Seconds.
struct Timing {
    double min = 0.0;
    double median = 0.0;
    double max = 0.0;
    int32_t n_runs = 0;
};

Timing operator/(const Timing & timing, double divisor);

// Runs `work` again and again. A first run that alone takes more than the time there is counts, unless it compiles.
Timing measure(const Repetition & repetition, const std::function<void()> & work);

}  // namespace dia
