#include "tone.h"

#include <algorithm>
#include <cmath>

namespace dia::testing {

namespace {

constexpr double kTwoPi = 6.283185307179586;

}  // namespace

std::vector<float> sine(double frequency, int32_t rate, size_t n) {
    std::vector<float> samples(n);
    for (size_t i = 0; i < n; ++i) {
        samples[i] = static_cast<float>(std::sin(kTwoPi * frequency * static_cast<double>(i) / rate));
    }
    return samples;
}

double decibels(double ratio) {
    return 20 * std::log10(std::max(ratio, 1e-20));
}

Tone measure_tone(const std::vector<float> & samples, double frequency, int32_t rate) {
    const size_t begin = samples.size() / 4;
    const size_t end = samples.size() - begin;
    double cc = 0, ss = 0, cs = 0, cy = 0, sy = 0;
    const auto angle = [&](size_t i) { return kTwoPi * frequency * static_cast<double>(i) / rate; };
    for (size_t i = begin; i < end; ++i) {
        const double c = std::cos(angle(i));
        const double s = std::sin(angle(i));
        const double y = static_cast<double>(samples[i]);
        cc += c * c;
        ss += s * s;
        cs += c * s;
        cy += c * y;
        sy += s * y;
    }
    const double determinant = cc * ss - cs * cs;
    const double a = (cy * ss - sy * cs) / determinant;
    const double b = (sy * cc - cy * cs) / determinant;
    double residual = 0;
    for (size_t i = begin; i < end; ++i) {
        const double y = static_cast<double>(samples[i]) - a * std::cos(angle(i)) - b * std::sin(angle(i));
        residual += y * y;
    }
    const double rms = std::sqrt(residual / static_cast<double>(end - begin));
    return {decibels(std::hypot(a, b)), decibels(rms * std::sqrt(2.0))};
}

}  // namespace dia::testing
