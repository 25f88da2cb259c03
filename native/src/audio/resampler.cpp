#include "audio/resampler.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

#include "support/error.h"

namespace dia {

namespace {

constexpr double kPi = 3.14159265358979323846;

// The stop band of this window is 100 dB down. With this many zero crossings on each side the transition is a tenth
// of the lower Nyquist frequency wide, and the cutoff in its middle puts its end just below that frequency, so that
// nothing folds back.
constexpr double kKaiserBeta = 10.0;
constexpr int64_t kZeroCrossings = 64;
constexpr double kRollOff = 0.945;

// Coefficients that are worth a table of all phases; 48 kHz to 44.1 kHz takes 20,000. Ratios that need more
// interpolate the kernel linearly between so many values per crossing, which is exact to 140 dB.
constexpr int64_t kMaxPhaseCoefficients = 1 << 18;
constexpr int64_t kKernelStepsPerCrossing = 4096;

// The modified Bessel function of the first kind, of order zero, by its power series.
double bessel_i0(double x) {
    const double quarter_square = x * x / 4;
    double sum = 1;
    double term = 1;
    for (int k = 1; term > sum * 1e-17; ++k) {
        term *= quarter_square / (static_cast<double>(k) * k);
        sum += term;
    }
    return sum;
}

// `x` from 0 at the centre to 1 at the edge.
double kaiser_window(double x) {
    static const double centre = bessel_i0(kKaiserBeta);
    return x < 1 ? bessel_i0(kKaiserBeta * std::sqrt(1 - x * x)) / centre : 0;
}

double sinc(double x) {
    return x == 0 ? 1 : std::sin(kPi * x) / (kPi * x);
}

}  // namespace

void require_sampling_rate(int32_t rate, const char * name) {
    if (rate < kMinSamplingRate || rate > kMaxSamplingRate) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s is %d Hz, expected %d to %d", name, rate, kMinSamplingRate,
             kMaxSamplingRate);
    }
}

int64_t resampled_length(int64_t n, int32_t from, int32_t to) {
    require_sampling_rate(from, "from");
    require_sampling_rate(to, "to");
    // Leaves room for the positions around the last sample.
    const int64_t most = std::numeric_limits<int64_t>::max() / kMaxSamplingRate / 2;
    if (n < 0 || n > most) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "n is %lld samples, expected 0 to %lld", static_cast<long long>(n),
             static_cast<long long>(most));
    }
    return (n * to + from - 1) / from;
}

// Where an output lies among the inputs: at whole + phase / L.
struct Resampler::Position {
    int64_t whole = 0;
    int64_t phase = 0;
};

Resampler::Resampler(int32_t from, int32_t to) {
    require_sampling_rate(from, "from");
    require_sampling_rate(to, "to");
    const int64_t divisor = std::gcd(from, to);
    up_ = to / divisor;
    down_ = from / divisor;
    const double band = std::min(1.0, static_cast<double>(to) / from);
    cutoff_ = kRollOff * band;
    reach_ = static_cast<double>(kZeroCrossings) / band;
    n_taps_ = 2 * static_cast<int64_t>(std::ceil(reach_));
    if (up_ == down_) {
        return;
    }
    if (up_ * n_taps_ <= kMaxPhaseCoefficients) {
        tabulate_phases();
    } else {
        tabulate_kernel();
    }
}

size_t Resampler::table_bytes() const {
    return phases_.size() * sizeof(float) + kernel_.size() * sizeof(double);
}

// The impulse response at `distance` inputs from its centre.
double Resampler::kernel(double distance) const {
    return sinc(cutoff_ * distance) * kaiser_window(std::fabs(distance) / reach_);
}

double Resampler::interpolated_kernel(double distance) const {
    const double x = std::fabs(distance) / reach_ * static_cast<double>(kZeroCrossings * kKernelStepsPerCrossing);
    const auto index = static_cast<size_t>(x);
    if (index + 1 >= kernel_.size()) {
        return 0;
    }
    const double fraction = x - static_cast<double>(index);
    return kernel_[index] + fraction * (kernel_[index + 1] - kernel_[index]);
}

// Tap k of a phase weighs the input k - n_taps / 2 + 1 after the whole position.
template <typename Kernel>
void Resampler::fill_taps(int64_t phase, Kernel && kernel, float * taps) const {
    const double offset = static_cast<double>(phase) / static_cast<double>(up_);
    const auto distance = [&](int64_t tap) { return static_cast<double>(tap - n_taps_ / 2 + 1) - offset; };
    double sum = 0;
    for (int64_t tap = 0; tap < n_taps_; ++tap) {
        const double value = kernel(distance(tap));
        taps[tap] = static_cast<float>(value);
        sum += value;
    }
    for (int64_t tap = 0; tap < n_taps_; ++tap) {
        taps[tap] = static_cast<float>(static_cast<double>(taps[tap]) / sum);
    }
}

void Resampler::tabulate_phases() {
    phases_.resize(static_cast<size_t>(up_ * n_taps_));
    for (int64_t phase = 0; phase < up_; ++phase) {
        fill_taps(
            phase, [this](double distance) { return kernel(distance); }, phases_.data() + phase * n_taps_);
    }
}

void Resampler::tabulate_kernel() {
    const int64_t n_steps = kZeroCrossings * kKernelStepsPerCrossing;
    kernel_.resize(static_cast<size_t>(n_steps + 1));
    for (int64_t i = 0; i <= n_steps; ++i) {
        kernel_[static_cast<size_t>(i)] = kernel(reach_ * static_cast<double>(i) / static_cast<double>(n_steps));
    }
}

void Resampler::resample(span<const float> input, span<float> output) const {
    const auto n_inputs = static_cast<int64_t>(input.size());
    assert(static_cast<int64_t>(output.size()) == (n_inputs * up_ + down_ - 1) / down_);
    if (up_ == down_) {
        std::copy(input.begin(), input.end(), output.begin());
        return;
    }
    std::vector<float> interpolated(phases_.empty() ? static_cast<size_t>(n_taps_) : 0);
    Position position;
    for (float & sample : output) {
        const float * taps = interpolated.data();
        if (phases_.empty()) {
            fill_taps(
                position.phase, [this](double distance) { return interpolated_kernel(distance); },
                interpolated.data());
        } else {
            taps = phases_.data() + position.phase * n_taps_;
        }
        const int64_t first = position.whole - n_taps_ / 2 + 1;
        const int64_t begin = std::max<int64_t>(first, 0);
        const int64_t end = std::min(first + n_taps_, n_inputs);
        double sum = 0;
        for (int64_t k = begin; k < end; ++k) {
            sum += static_cast<double>(taps[k - first]) * static_cast<double>(input.data()[k]);
        }
        sample = static_cast<float>(sum);

        position.phase += down_;
        position.whole += position.phase / up_;
        position.phase %= up_;
    }
}

std::vector<float> resample(span<const float> samples, int32_t from, int32_t to) {
    std::vector<float> output(
        static_cast<size_t>(resampled_length(static_cast<int64_t>(samples.size()), from, to)));
    Resampler(from, to).resample(samples, output);
    return output;
}

}  // namespace dia
