#include "benchmark/timing.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace dia {

namespace {

double seconds_of(const std::function<void()> & work) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - start).count();
}

Timing timing_of(std::vector<double> seconds) {
    std::sort(seconds.begin(), seconds.end());
    const size_t middle = seconds.size() / 2;
    const double median = seconds.size() % 2 == 1 ? seconds[middle] : 0.5 * (seconds[middle - 1] + seconds[middle]);
    return {seconds.front(), median, seconds.back(), static_cast<int32_t>(seconds.size())};
}

}  // namespace

Timing operator/(const Timing & timing, double divisor) {
    return {timing.min / divisor, timing.median / divisor, timing.max / divisor, timing.n_runs};
}

Timing measure(const Repetition & repetition, const std::function<void()> & work) {
    const auto run = [&] {
        repetition.before_run();
        return seconds_of(work);
    };
    for (int32_t i = 0; i < repetition.warm_up; ++i) {
        const double seconds = run();
        if (seconds > repetition.max_seconds) {
            if (repetition.compiles) {
                break;
            }
            return timing_of({seconds});
        }
    }
    std::vector<double> seconds;
    double total = 0.0;
    do {
        seconds.push_back(run());
        total += seconds.back();
    } while (static_cast<int32_t>(seconds.size()) < repetition.repetitions && total < repetition.max_seconds);
    return timing_of(std::move(seconds));
}

}  // namespace dia
