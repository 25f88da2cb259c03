// Pure tones, and what is left of one behind a resampler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dia::testing {

std::vector<float> sine(double frequency, int32_t rate, size_t n);

// 20 * log10(ratio), for a ratio of amplitudes.
double decibels(double ratio);

// What a tone of amplitude 1 became: its gain, and all that is not the tone.
struct Tone {
    double gain_db = 0;
    double residual_db = 0;  // relative to the tone as it was
};

// Fits a cosine and a sine of the frequency to the middle of the signal, where both ends are far.
Tone measure_tone(const std::vector<float> & samples, double frequency, int32_t rate);

}  // namespace dia::testing
