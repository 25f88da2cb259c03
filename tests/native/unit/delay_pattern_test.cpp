#include "generation/delay_pattern.h"

#include <gtest/gtest.h>

namespace dia {
namespace {

using Tokens = std::vector<int32_t>;

const Tokens kDelays = {0, 8, 9, 10, 11, 12, 13, 14, 15};
constexpr int32_t kBos = 1026;
constexpr int32_t kPad = 1025;
constexpr int32_t kCodes = 1024;

// The example of the reference with three channels: four frames between one row of BOS = 26 and three of PAD = 25.
const Tokens kSmallDelays = {0, 2, 3};
const Tokens kSmallFrames = {26, 26, 26, 1,  11, 21, 2,  12, 22, 3,  13, 23,
                             4,  14, 24, 25, 25, 25, 25, 25, 25, 25, 25, 25};
const Tokens kSmallDelayed = {26, 26, 26, 1,  26, 26, 2,  26, 26, 3,  11, 26,
                              4,  12, 21, 25, 13, 22, 25, 14, 23, 25, 25, 24};

TEST(DelayPattern, ShiftsEachChannelByItsDelay) {
    Tokens delayed(kSmallFrames.size());
    apply_delay(kSmallFrames, kSmallDelays, 26, 25, delayed);
    EXPECT_EQ(delayed, kSmallDelayed);
}

TEST(DelayPattern, IsRevertedUpToTheFillerAtTheEnd) {
    const Tokens expected = {26, 26, 26, 1,  11, 21, 2,  12, 22, 3,  13, 23,
                             4,  14, 24, 25, 25, -1, 25, -1, -1, 25, -1, -1};
    Tokens frames(kSmallDelayed.size());
    revert_delay(kSmallDelayed, kSmallDelays, -1, frames);
    EXPECT_EQ(frames, expected);
}

TEST(DelayPattern, ForcesTheBeginningOfARowWithoutPrompt) {
    const Tokens forced = forced_tokens({}, kDelays, kBos, kPad);
    ASSERT_EQ(forced.size(), 16u * 9u);
    for (size_t t = 0; t < 16; ++t) {
        for (size_t c = 0; c < 9; ++c) {
            const bool is_bos = t <= static_cast<size_t>(kDelays[c]);
            EXPECT_EQ(forced[t * 9 + c], is_bos ? kBos : kPad) << "position " << t << ", channel " << c;
        }
    }
}

TEST(DelayPattern, ForcesTheCodesOfAPrompt) {
    Tokens codes;
    for (int32_t t = 0; t < 3; ++t) {
        for (int32_t c = 0; c < 9; ++c) {
            codes.push_back((7 * t + 31 * c) % 1024);
        }
    }
    const Tokens forced = forced_tokens(codes, kDelays, kBos, kPad);
    ASSERT_EQ(forced.size(), 19u * 9u);
    const auto channel = [&forced](size_t c) {
        Tokens tokens;
        for (size_t t = 0; t < 19; ++t) {
            tokens.push_back(forced[t * 9 + c]);
        }
        return tokens;
    };
    const auto expected = [](size_t n_bos, const Tokens & prompt) {
        Tokens tokens(n_bos, kBos);
        tokens.insert(tokens.end(), prompt.begin(), prompt.end());
        tokens.resize(19, kPad);
        return tokens;
    };
    EXPECT_EQ(channel(0), expected(1, {0, 7, 14}));
    EXPECT_EQ(channel(1), expected(9, {31, 38, 45}));
    EXPECT_EQ(channel(8), expected(16, {248, 255, 262}));
}

// A finished sequence of ten positions: EOS = 99 and PAD = 98 in the diagonal after five frames.
const Tokens kFinished = {26, 26, 26, 1,  26, 26, 2,  26, 26, 3,  11, 26, 4,  12, 21,
                          5,  13, 22, 99, 14, 23, 98, 15, 24, 98, 99, 17, 98, 98, 99};

TEST(DelayPattern, FindsTheCompleteFramesBeforeTheEndOfSpeech) {
    for (int64_t frame = 0; frame < 5; ++frame) {
        EXPECT_TRUE(is_frame_complete(kFinished, kSmallDelays, 98, 1, frame)) << "frame " << frame;
    }
    EXPECT_FALSE(is_frame_complete(kFinished, kSmallDelays, 98, 1, 5));
    EXPECT_FALSE(is_frame_complete(kFinished, kSmallDelays, 98, 1, 100));
}

TEST(DelayPattern, CountsNoFrameWhoseLastChannelIsUnknown) {
    for (size_t n_positions = 1; n_positions <= 6; ++n_positions) {
        const Tokens cut(kFinished.begin(), kFinished.begin() + static_cast<int64_t>(3 * n_positions));
        // Frame 0 has its channels at the positions 1, 3 and 4.
        EXPECT_EQ(is_frame_complete(cut, kSmallDelays, 98, 1, 0), n_positions > 4) << n_positions << " positions";
    }
}

TEST(DelayPattern, CountsNoFrameWithASpecialToken) {
    EXPECT_FALSE(is_frame_complete(forced_tokens({}, kDelays, kBos, kPad), kDelays, kCodes, 0, 0));
}

}  // namespace
}  // namespace dia
