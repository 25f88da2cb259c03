// Changes the rate of a signal by band-limited interpolation: a sinc under a Kaiser window, sampled at the phases
// that the reduced ratio of the two rates has.
//
// L and M are the rates divided by their greatest common divisor, the new one and the old one: output i lies at
// input i * M / L. An output is the sum of n_taps() inputs around it, each times the kernel at its distance; the
// signal is zero before its first sample and after its last. Every phase has a gain of exactly one at 0 Hz.
#pragma once

#include <cstdint>
#include <vector>

#include "support/span.h"

namespace dia {

constexpr int32_t kMinSamplingRate = 1000;
constexpr int32_t kMaxSamplingRate = 768000;

// Throws DIA_STATUS_INVALID_ARGUMENT, naming `name`, for a rate that is not between the two.
void require_sampling_rate(int32_t rate, const char * name);

// ceil(n * to / from): as many samples as lie before the end of `n` samples. Throws DIA_STATUS_INVALID_ARGUMENT for
// a rate out of range and for an `n` that is negative or too large to count with.
int64_t resampled_length(int64_t n, int32_t from, int32_t to);

class Resampler {
public:
    // Throws DIA_STATUS_INVALID_ARGUMENT for a rate out of range.
    Resampler(int32_t from, int32_t to);

    // `output` has resampled_length(input.size(), from, to) elements.
    void resample(span<const float> input, span<float> output) const;

    int64_t n_taps() const { return n_taps_; }

    // Bytes of the tables, which do not grow with the ratio.
    size_t table_bytes() const;

private:
    struct Position;

    double kernel(double distance) const;
    double interpolated_kernel(double distance) const;
    template <typename Kernel>
    void fill_taps(int64_t phase, Kernel && kernel, float * taps) const;
    void tabulate_phases();
    void tabulate_kernel();

    int64_t up_;                  // L
    int64_t down_;                // M
    double cutoff_;               // cycles per two inputs: 1 is the old Nyquist frequency
    double reach_;                // inputs on each side of an output that the kernel covers
    int64_t n_taps_;              // inputs that may lie within it
    std::vector<float> phases_;   // [L][n_taps], unless that were too large
    std::vector<double> kernel_;  // otherwise: one side of the kernel, kKernelStepsPerCrossing values per crossing
};

// Convenience of the two.
std::vector<float> resample(span<const float> samples, int32_t from, int32_t to);

}  // namespace dia
