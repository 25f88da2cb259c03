#include "generation/rng.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace dia {
namespace {

// From kat_vectors of the authors' Random123 library, philox4x32 with 10 rounds.
TEST(Philox, GivesThePublishedTestVectors) {
    struct Vector {
        PhiloxCounter counter;
        PhiloxKey key;
        PhiloxCounter expected;
    };
    const Vector vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (const Vector & vector : vectors) {
        EXPECT_EQ(philox4x32(vector.counter, vector.key), vector.expected);
    }
}

TEST(Uniform, TakesTheUpper53BitsOfTheFirstTwoWords) {
    EXPECT_EQ(uniform(0, 0, 0), static_cast<double>(0x6627e8d5e169c58dULL >> 11) / 9007199254740992.0);
}

// docs/random-numbers.md lists these.
TEST(Uniform, GivesTheDocumentedNumbers) {
    EXPECT_EQ(uniform(0, 0, 0), 0.3990464708489645);
    EXPECT_EQ(uniform(42, 1, 0), 0.9877186509145105);
    EXPECT_EQ(uniform(42, 1, 8), 0.7729667744283775);
    EXPECT_EQ(uniform(18446744073709551615u, 3087, 8), 0.30226808957532625);
}

TEST(Uniform, PutsPositionAndChannelIntoTheCounterAndTheSeedIntoTheKey) {
    const PhiloxCounter words = philox4x32({0x9abcdef0, 0x12345678, 7, 0}, {0x33221100, 0x77665544});
    const uint64_t bits = (static_cast<uint64_t>(words[0]) << 32 | words[1]) >> 11;
    EXPECT_EQ(uniform(0x7766554433221100ULL, 0x123456789abcdef0LL, 7),
              static_cast<double>(bits) / 9007199254740992.0);
}

TEST(Uniform, IsFlatOverPositionsChannelsAndSeeds) {
    constexpr int kBins = 64;
    constexpr int kDraws = 40 * 9 * 400;
    std::array<int, kBins> counts = {};
    std::set<double> distinct;
    for (uint64_t seed = 0; seed < 40; ++seed) {
        for (int64_t position = 0; position < 400; ++position) {
            for (int32_t channel = 0; channel < 9; ++channel) {
                const double u = uniform(seed, position, channel);
                ASSERT_GE(u, 0.0);
                ASSERT_LT(u, 1.0);
                ++counts[static_cast<size_t>(u * kBins)];
                distinct.insert(u);
            }
        }
    }
    EXPECT_EQ(distinct.size(), static_cast<size_t>(kDraws));
    double chi_square = 0.0;
    const double expected = static_cast<double>(kDraws) / kBins;
    for (const int count : counts) {
        chi_square += (count - expected) * (count - expected) / expected;
    }
    EXPECT_LT(chi_square, 103.4) << "the 0.1% point of chi-square with 63 degrees of freedom";
}

TEST(RandomSeed, DiffersFromCallToCall) {
    EXPECT_NE(random_seed(), random_seed());
}

}  // namespace
}  // namespace dia
