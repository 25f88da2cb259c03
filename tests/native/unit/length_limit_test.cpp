#include "generation/length_limit.h"

#include <gtest/gtest.h>

#include "expect_error.h"
#include "generation/generation_params.h"

namespace dia {
namespace {

constexpr int32_t kMaxDelay = 15;
const FrameRate kRate = {44100, 512};

struct Limits {
    int64_t max_new_tokens = 0;
    int64_t max_length = 0;
    double max_seconds = 0.0;
    int64_t default_max_length = 3072;
};

int64_t limit(const Limits & limits, int64_t prefix = 1, std::optional<FrameRate> rate = kRate) {
    dia_generation_params params = default_generation_params();
    params.max_new_tokens = limits.max_new_tokens;
    params.max_length = limits.max_length;
    params.max_seconds = limits.max_seconds;
    params.default_max_length = limits.default_max_length;
    return length_limit(params, prefix, kMaxDelay, rate);
}

// What the reference's generate() gives for the same parameters, as the total number of positions.
TEST(LengthLimit, EqualsTheReferenceForEveryParameter) {
    EXPECT_EQ(limit({17}), 18);
    EXPECT_EQ(limit({20}), 21);
    EXPECT_EQ(limit({40}), 41);
    EXPECT_EQ(limit({16}), 17);
    EXPECT_EQ(limit({10}), 11);
    EXPECT_EQ(limit({0, 20}), 35);
    EXPECT_EQ(limit({0, 0, 0.0, 30}), 46);
    EXPECT_EQ(limit({20}, 4), 24) << "a prompt of 3 frames";
}

TEST(LengthLimit, CountsSecondsAfterThePromptInWholeFrames) {
    // Frame 86 ends at 86 * 512 / 44100 = 0.9985 s, so that a second holds 86 whole frames.
    EXPECT_EQ(limit({0, 0, 1.0}), 1 + 86 + 16);
    EXPECT_EQ(limit({0, 0, 1.0}, 11), 11 + 86 + 16);
    EXPECT_EQ(limit({0, 0, 0.001}), 1 + 0 + 16);
    for (int64_t frames = 1; frames <= 10000; ++frames) {
        const double seconds = static_cast<double>(frames) * 512.0 / 44100.0;
        ASSERT_EQ(frames_in(seconds, kRate), frames) << seconds << " s";
    }
}

TEST(LengthLimit, IsTheSmallestOfThoseGiven) {
    EXPECT_EQ(limit({100, 50, 10.0}), 65);
    EXPECT_EQ(limit({40, 50, 10.0}), 41);
    EXPECT_EQ(limit({100, 200, 0.5}), 1 + 43 + 16);
}

TEST(LengthLimit, UsesTheModelsOwnOnlyIfNoneIsGiven) {
    EXPECT_EQ(limit({}), 1 + 3072 + 15);
    EXPECT_EQ(limit({}, 101), 101 + 3072 + 15);
    EXPECT_EQ(limit({5000}), 5001);
}

TEST(LengthLimit, NeedsAFrameRateForSeconds) {
    EXPECT_EQ(limit({40}, 1, std::nullopt), 41);
    testing::expect_error(DIA_STATUS_INVALID_STATE, {"max_seconds is 2", "codec"}, [] {
        limit({0, 0, 2.0}, 1, std::nullopt);
    });
}

TEST(LengthLimit, CapsEnormousDurations) {
    EXPECT_EQ(frames_in(1e300, kRate), kMaxPositions);
}

}  // namespace
}  // namespace dia
