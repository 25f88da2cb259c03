#include "generation/end_of_speech.h"

#include <gtest/gtest.h>

#include <map>

#include "generation/sampler.h"
#include "generation/scores.h"

namespace dia {
namespace {

constexpr int32_t kEos = 5;
constexpr int32_t kTokens = 8;
constexpr int64_t kLimit =
    12;  // with a largest delay of 3, channel 0 ends at position 12 - 3 - 1 = 8 at the latest
const std::vector<int32_t> kDelays = {0, 2, 3};

// The best tokens of the three channels at positions 4 to 11; channel 0 wants to end at `natural_end` alone.
std::map<int64_t, std::vector<int32_t>> best_tokens(int64_t natural_end) {
    EndOfSpeech end(kDelays, kEos, kLimit);
    std::map<int64_t, std::vector<int32_t>> best;
    for (int64_t position = 4; position < kLimit; ++position) {
        std::vector<float> scores(3 * kTokens, 0.0f);
        for (size_t c = 0; c < 3; ++c) {
            scores[c * kTokens + 1] = 1.0f;
        }
        if (position == natural_end) {
            scores[kEos] = 2.0f;
        }
        end.apply(scores, position);
        for (size_t c = 0; c < 3; ++c) {
            best[position].push_back(argmax(span<const float>(scores).subspan(c * kTokens, kTokens)));
        }
    }
    return best;
}

TEST(EndOfSpeech, FollowsThroughTheChannelsByTheirDelays) {
    auto best = best_tokens(4);
    EXPECT_EQ(best[4], (std::vector<int32_t>{5, 1, 1}));
    EXPECT_EQ(best[5], (std::vector<int32_t>{1, 1, 1}));
    EXPECT_EQ(best[6], (std::vector<int32_t>{1, 5, 1}));
    EXPECT_EQ(best[7], (std::vector<int32_t>{1, 1, 5}));
    EXPECT_EQ(best[8], (std::vector<int32_t>{1, 1, 1}));
}

TEST(EndOfSpeech, IsForcedWhereTheLimitLeavesRoomForTheLargestDelay) {
    auto best = best_tokens(-1);
    EXPECT_EQ(best[7], (std::vector<int32_t>{1, 1, 1}));
    EXPECT_EQ(best[8], (std::vector<int32_t>{5, 1, 1}));
    EXPECT_EQ(best[9], (std::vector<int32_t>{1, 1, 1}));
    EXPECT_EQ(best[10], (std::vector<int32_t>{1, 5, 1}));
    EXPECT_EQ(best[11], (std::vector<int32_t>{1, 1, 5}));
}

TEST(EndOfSpeech, LeavesTheEndAloneWithAScoreOfZero) {
    EndOfSpeech end(kDelays, kEos, kLimit);
    std::vector<float> scores(3 * kTokens, 1.0f);
    end.apply(scores, 8);
    for (size_t i = 0; i < scores.size(); ++i) {
        const float expected = i >= kTokens ? 1.0f : i == kEos ? 0.0f : kRemoved;
        EXPECT_EQ(scores[i], expected) << "score " << i;
    }
    EXPECT_EQ(end.position(), 8);
    EXPECT_EQ(end.forced_position(), 8);
}

}  // namespace
}  // namespace dia
