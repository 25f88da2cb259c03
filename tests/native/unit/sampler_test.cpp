#include "generation/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace dia {
namespace {

constexpr float kGone = -std::numeric_limits<float>::infinity();

TEST(Argmax, TakesTheLowestOfEqualIds) {
    EXPECT_EQ(argmax(std::vector<float>{1.0f, 3.0f, 3.0f}), 1);
    EXPECT_EQ(argmax(std::vector<float>{kGone, kGone, -5.0f}), 2);
    EXPECT_EQ(argmax(std::vector<float>{-0.0f, 0.0f}), 0);
}

TEST(Softmax, GivesTheProbabilitiesOfTheReference) {
    const std::vector<float> scores = {0.5f, 2.0f, 1.0f, -1.0f, 3.0f, 1.5f, 0.0f, 0.2f};
    const double expected[] = {0.04237, 0.18989, 0.06986, 0.00945, 0.51617, 0.11517, 0.02570, 0.03139};
    std::vector<double> probabilities(scores.size());
    softmax(scores, probabilities);
    for (size_t i = 0; i < scores.size(); ++i) {
        EXPECT_NEAR(probabilities[i], expected[i], 5e-6) << "token " << i;
    }
    EXPECT_NEAR(std::accumulate(probabilities.begin(), probabilities.end(), 0.0), 1.0, 1e-15);
}

TEST(Softmax, SurvivesLargeScores) {
    std::vector<double> probabilities(3);
    softmax(std::vector<float>{3e38f, kGone, -3e38f}, probabilities);
    EXPECT_EQ(probabilities, (std::vector<double>{1.0, 0.0, 0.0}));
}

TEST(Draw, FindsTheTokenWhoseIntervalHoldsTheNumber) {
    const std::vector<double> probabilities = {0.0, 0.25, 0.0, 0.5, 0.25, 0.0};
    EXPECT_EQ(draw(probabilities, 0.0), 1);
    EXPECT_EQ(draw(probabilities, 0.2499999), 1);
    EXPECT_EQ(draw(probabilities, 0.25), 3);
    EXPECT_EQ(draw(probabilities, 0.7499999), 3);
    EXPECT_EQ(draw(probabilities, 0.75), 4);
    EXPECT_EQ(draw(probabilities, std::nextafter(1.0, 0.0)), 4);
}

TEST(Draw, NeverLeavesTheTableIfTheSumIsRoundedBelowOne) {
    EXPECT_EQ(draw(std::vector<double>{0.5, 0.4999999, 0.0}, 0.99999999), 1);
}

}  // namespace
}  // namespace dia
