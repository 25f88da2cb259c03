#include "audio/resampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "expect_error.h"
#include "tone.h"

namespace dia {
namespace {

using testing::decibels;
using testing::expect_error;
using testing::measure_tone;
using testing::sine;
using testing::Tone;

constexpr double kPi = 3.14159265358979323846;

TEST(Resampler, Tones16kHzTo44kHzKeepTheirGainAndNothingElse) {
    for (const double frequency : {1000.0, 5000.0, 7000.0}) {
        const Tone tone = measure_tone(resample(sine(frequency, 16000, 8000), 16000, 44100), frequency, 44100);
        std::printf("16000 -> 44100, %g Hz: gain %+.6f dB, residual %.1f dB\n", frequency, tone.gain_db,
                    tone.residual_db);
        EXPECT_NEAR(tone.gain_db, 0, 0.001) << frequency << " Hz";
        EXPECT_LT(tone.residual_db, -100) << frequency << " Hz";
    }
}

TEST(Resampler, TonesAboveTheNewNyquistFrequencyVanish) {
    double worst = -1000;
    for (const double frequency : {8000.0, 8100.0, 9000.0, 12000.0, 15000.0, 20000.0, 22000.0}) {
        const std::vector<float> output = resample(sine(frequency, 44100, 44100), 44100, 16000);
        double peak = 0;
        for (size_t i = output.size() / 4; i < output.size() * 3 / 4; ++i) {
            peak = std::max(peak, std::fabs(static_cast<double>(output[i])));
        }
        worst = std::max(worst, decibels(peak));
        EXPECT_LT(decibels(peak), -90) << frequency << " Hz";
    }
    std::printf("44100 -> 16000, tones of 8 to 22 kHz: at most %.1f dB\n", worst);
}

TEST(Resampler, SweptTones48kHzTo44kHzAreFlatAndFreeOfAliases) {
    double flatness = 0;
    double flatness_as_promised = 0;
    double aliases = -1000;
    const int n_steps = 200;
    for (int step = 0; step <= n_steps; ++step) {
        const double frequency = 20 * std::pow(1000.0, static_cast<double>(step) / n_steps);
        const Tone tone = measure_tone(resample(sine(frequency, 48000, 9600), 48000, 44100), frequency, 44100);
        aliases = std::max(aliases, tone.residual_db);
        if (frequency <= 0.89 * 22050) {
            flatness_as_promised = std::max(flatness_as_promised, std::fabs(tone.gain_db));
        }
        if (frequency <= 18000) {
            flatness = std::max(flatness, std::fabs(tone.gain_db));
        }
    }
    std::printf(
        "48000 -> 44100, %d tones of 20 Hz to 20 kHz: aliases and images at most %.1f dB, pass band flat "
        "within %.6f dB up to 18 kHz and %.6f dB up to 19.6 kHz\n",
        n_steps + 1, aliases, flatness, flatness_as_promised);
    EXPECT_LT(aliases, -90);
    EXPECT_LT(flatness, 0.1);
    EXPECT_LT(flatness_as_promised, 0.001);
}

TEST(Resampler, ASweepIsTheSweepThatTheNewRateWouldHaveRecorded) {
    const double duration = 1;
    const double last_frequency = 19000;
    const auto sweep = [&](double time) {
        return std::sin(2 * kPi * (20 * time + (last_frequency - 20) / (2 * duration) * time * time));
    };
    std::vector<float> input(48000);
    for (size_t i = 0; i < input.size(); ++i) {
        input[i] = static_cast<float>(sweep(static_cast<double>(i) / 48000));
    }
    const std::vector<float> output = resample(input, 48000, 44100);
    double largest = 0;
    for (size_t i = 200; i + 200 < output.size(); ++i) {
        const double difference = static_cast<double>(output[i]) - sweep(static_cast<double>(i) / 44100);
        largest = std::max(largest, std::fabs(difference));
    }
    std::printf("48000 -> 44100, sweep of 20 Hz to 19 kHz: largest difference %.1f dB\n", decibels(largest));
    EXPECT_LT(decibels(largest), -90);
}

TEST(Resampler, RatiosWithoutACommonDivisorAreAsGood) {
    for (const auto & [from, to] : {std::pair(44101, 48000), std::pair(47999, 44100), std::pair(22051, 22050)}) {
        for (const double frequency : {1000.0, 9000.0}) {
            const size_t n = 16000;
            const Tone tone = measure_tone(resample(sine(frequency, from, n), from, to), frequency, to);
            std::printf("%d -> %d, %g Hz: gain %+.6f dB, residual %.1f dB\n", from, to, frequency, tone.gain_db,
                        tone.residual_db);
            EXPECT_NEAR(tone.gain_db, 0, 0.001) << from << " -> " << to << ", " << frequency << " Hz";
            EXPECT_LT(tone.residual_db, -100) << from << " -> " << to << ", " << frequency << " Hz";
        }
    }
}

TEST(Resampler, AnImpulseSpreadsSymmetrically) {
    for (const auto & [from, to] :
         {std::pair(11025, 44100), std::pair(48000, 44100), std::pair(44100, 16000), std::pair(48000, 47999)}) {
        const int64_t up = to / std::gcd(from, to);
        const int64_t down = from / std::gcd(from, to);
        std::vector<float> impulse(static_cast<size_t>(2 * down * (1 + 400 / down)) + 1);
        impulse[impulse.size() / 2] = 1;
        const std::vector<float> output = resample(impulse, from, to);
        const int64_t centre = static_cast<int64_t>(impulse.size() / 2) * up / down;
        double largest = 0;
        for (int64_t i = 1; i < centre && centre + i < static_cast<int64_t>(output.size()); ++i) {
            const auto before = static_cast<double>(output[static_cast<size_t>(centre - i)]);
            const auto after = static_cast<double>(output[static_cast<size_t>(centre + i)]);
            largest = std::max(largest, std::fabs(before - after));
        }
        EXPECT_LT(largest, 1e-7) << from << " -> " << to;
        EXPECT_EQ(*std::max_element(output.begin(), output.end()), output[static_cast<size_t>(centre)])
            << from << " -> " << to;
    }
}

TEST(Resampler, AConstantStaysWhatItIs) {
    for (const auto & [from, to] :
         {std::pair(48000, 44100), std::pair(8000, 44100), std::pair(44101, 48000), std::pair(767999, 768000),
          std::pair(768000, 1000), std::pair(767999, 1000), std::pair(1000, 768000), std::pair(1001, 768000)}) {
        // As long as the kernel on both sides, and a little more.
        const size_t n = 140 * static_cast<size_t>(std::max(1, from / to)) + 64;
        const std::vector<float> output = resample(std::vector<float>(n, 0.5f), from, to);
        EXPECT_NEAR(output[output.size() / 2], 0.5f, 1e-6) << from << " -> " << to;
    }
}

TEST(Resampler, LengthIsRoundedUp) {
    EXPECT_EQ(resampled_length(0, 48000, 44100), 0);
    EXPECT_EQ(resampled_length(1, 48000, 44100), 1);
    EXPECT_EQ(resampled_length(160, 48000, 44100), 147);
    EXPECT_EQ(resampled_length(161, 48000, 44100), 148);
    EXPECT_EQ(resampled_length(1, 1000, 768000), 768);
    EXPECT_EQ(resampled_length(768, 768000, 1000), 1);
    EXPECT_EQ(resampled_length(769, 768000, 1000), 2);
    for (const size_t n : {size_t{0}, size_t{1}, size_t{2}, size_t{1000}}) {
        EXPECT_EQ(resample(std::vector<float>(n), 48000, 44100).size(), (n * 147 + 159) / 160) << n << " samples";
    }
}

TEST(Resampler, EqualRatesCopy) {
    const std::vector<float> samples = sine(440, 44100, 1000);
    EXPECT_EQ(resample(samples, 44100, 44100), samples);
}

TEST(Resampler, TablesStaySmallWhateverTheRatio) {
    for (const auto & [from, to] :
         {std::pair(48000, 44100), std::pair(767999, 768000), std::pair(768000, 767999), std::pair(767999, 1000),
          std::pair(1000, 767999), std::pair(768000, 1000), std::pair(1000, 768000), std::pair(44101, 44100)}) {
        const Resampler resampler(from, to);
        EXPECT_LT(resampler.table_bytes(), 4u << 20) << from << " -> " << to;
        EXPECT_GT(resampler.table_bytes(), 0u) << from << " -> " << to;
    }
}

TEST(Resampler, RatesOutOfRangeAreRefusedByNumber) {
    for (const int32_t rate : {-1, 0, 1, 999, 768001, 10000000}) {
        const std::string number = std::to_string(rate) + " Hz";
        expect_error(DIA_STATUS_INVALID_ARGUMENT, {"from", number, "1000 to 768000"},
                     [&] { Resampler(rate, 44100); });
        expect_error(DIA_STATUS_INVALID_ARGUMENT, {"to", number, "1000 to 768000"},
                     [&] { Resampler(44100, rate); });
        expect_error(DIA_STATUS_INVALID_ARGUMENT, {"from", number}, [&] { resampled_length(1, rate, 44100); });
    }
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"-1"}, [] { resampled_length(-1, 48000, 44100); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"9223372036854775807"},
                 [] { resampled_length(INT64_MAX, 48000, 44100); });
}

}  // namespace
}  // namespace dia
