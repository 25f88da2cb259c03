#include "generation/logits_processors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "generation/guidance.h"
#include "generation/sampler.h"

namespace dia {
namespace {

using Scores = std::vector<float>;

constexpr float kGone = kRemoved;
constexpr int32_t kEos = 5;

// The worked example of the reference: 8 tokens, of which 5 is EOS, in two channels.
const Scores kCond0 = {0.5f, 2.0f, 1.0f, -1.0f, 3.0f, 1.5f, 0.0f, 0.2f};
const Scores kUncond0 = {0.4f, 2.5f, 0.5f, -1.5f, 3.2f, 0.5f, 0.1f, 0.2f};
const Scores kCond1 = {1.0f, 0.0f, 2.5f, 2.0f, -0.5f, 0.3f, 0.7f, 0.1f};
const Scores kUncond1 = {1.2f, 0.5f, 2.0f, 1.0f, -0.5f, 0.0f, 0.9f, 0.1f};

void expect_near(const Scores & actual, const Scores & expected, float tolerance = 1e-6f) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
        if (expected[i] == kGone || actual[i] == kGone) {
            EXPECT_EQ(actual[i], expected[i]) << "token " << i;
        } else {
            EXPECT_NEAR(actual[i], expected[i], tolerance) << "token " << i;
        }
    }
}

Scores guided(const Scores & conditional, const Scores & unconditional, int32_t top_k,
              int32_t n_allowed = kEos + 1) {
    Scores scores(conditional.size());
    ScoreScratch scratch(conditional.size());
    apply_guidance(conditional, unconditional, 3.0f, top_k, n_allowed, scores, scratch);
    return scores;
}

Scores with_top_k(Scores scores, int32_t k) {
    ScoreScratch scratch(scores.size());
    keep_top_k(scores, k, scratch);
    return scores;
}

Scores with_top_p(Scores scores, float p) {
    ScoreScratch scratch(scores.size());
    keep_top_p(scores, p, scratch);
    return scores;
}

TEST(Guidance, WithoutTopKGivesTheGuidedLogits) {
    expect_near(guided(kCond0, kUncond0, 0), {0.8f, 0.5f, 2.5f, 0.5f, 2.4f, 4.5f, -0.3f, 0.2f});
    expect_near(guided(kCond1, kUncond1, 0), {0.4f, -1.5f, 4.0f, 5.0f, -0.5f, 1.2f, 0.1f, 0.1f});
    EXPECT_EQ(guided(kCond1, kUncond1, -1), guided(kCond1, kUncond1, 0));
}

TEST(Guidance, WithTopKGivesTheConditionalLogitsOfTheBestGuided) {
    EXPECT_EQ(guided(kCond0, kUncond0, 3), (Scores{kGone, kGone, 1.0f, kGone, 3.0f, 1.5f, kGone, kGone}));
    EXPECT_EQ(guided(kCond1, kUncond1, 3), (Scores{kGone, kGone, 2.5f, 2.0f, kGone, 0.3f, kGone, kGone}));
}

TEST(Guidance, KeepsExactlyTopKAndTheLowestOfEqualIds) {
    const Scores equal = {1.0f, 2.0f, 2.0f, 2.0f, 0.0f, 0.0f};
    EXPECT_EQ(guided(equal, equal, 2), (Scores{kGone, 2.0f, 2.0f, kGone, kGone, kGone}));
    EXPECT_EQ(guided(equal, equal, 4), (Scores{1.0f, 2.0f, 2.0f, 2.0f, kGone, kGone}));
    EXPECT_EQ(guided(equal, equal, 100), equal) << "no more than all can be kept";
}

TEST(Guidance, LooksAtAllowedIdsAloneIfNoneIsAmongTheBest) {
    // The best guided id is 5; a channel that may not choose it would be left with nothing.
    EXPECT_EQ(guided(kCond0, kUncond0, 1, 6), (Scores{kGone, kGone, kGone, kGone, kGone, 1.5f, kGone, kGone}));
    EXPECT_EQ(guided(kCond0, kUncond0, 1, 5), (Scores{kGone, kGone, 1.0f, kGone, kGone, kGone, kGone, kGone}));
    // With the second best among the kept ids, 2, the rule is that of the reference.
    EXPECT_EQ(guided(kCond0, kUncond0, 2, 5), (Scores{kGone, kGone, 1.0f, kGone, kGone, 1.5f, kGone, kGone}));
}

TEST(Guidance, DoesNotCountAnEqualIdBeyondTopKAsKept) {
    const Scores equal = {0.0f, 2.0f, 2.0f, 1.0f};
    EXPECT_EQ(guided(equal, equal, 1, 1), (Scores{0.0f, kGone, kGone, kGone}));
    EXPECT_EQ(guided(equal, equal, 1, 3), (Scores{kGone, 2.0f, kGone, kGone}));
}

TEST(Temperature, DividesEveryScore) {
    Scores scores = guided(kCond0, kUncond0, 3);
    apply_temperature(scores, 1.25f);
    expect_near(scores, {kGone, kGone, 0.8f, kGone, 2.4f, 1.2f, kGone, kGone});
    Scores sharpened = {1.0f, kGone};
    apply_temperature(sharpened, 0.5f);
    EXPECT_EQ(sharpened, (Scores{2.0f, kGone})) << "a temperature below 1 is taken as it is";
}

TEST(SpecialIds, LeaveEveryChannelButTheFirst) {
    Scores scores = guided(kCond1, kUncond1, 3);
    filter_special_ids(scores, 1, kEos);
    EXPECT_EQ(scores, (Scores{kGone, kGone, 2.5f, 2.0f, kGone, kGone, kGone, kGone}));
    scores = kCond1;
    filter_special_ids(scores, 1, kEos);
    EXPECT_EQ(scores, (Scores{1.0f, 0.0f, 2.5f, 2.0f, -0.5f, kGone, kGone, kGone}));
}

TEST(SpecialIds, LetTheFirstChannelEndExactlyIfThatIsItsBest) {
    Scores scores = guided(kCond0, kUncond0, 3);
    filter_special_ids(scores, 0, kEos);
    EXPECT_EQ(scores, (Scores{kGone, kGone, 1.0f, kGone, 3.0f, kGone, kGone, kGone}));
    scores = kCond0;
    scores[kEos] = 9.0f;
    filter_special_ids(scores, 0, kEos);
    EXPECT_EQ(scores, (Scores{kGone, kGone, kGone, kGone, kGone, 9.0f, kGone, kGone}));
}

TEST(SpecialIds, LetTheFirstChannelGoOnIfACodeIsAsGoodAsTheEnd) {
    Scores scores = {9.0f, 0.0f, 0.0f, 0.0f, 0.0f, 9.0f, 10.0f, 0.0f};
    filter_special_ids(scores, 0, kEos);
    EXPECT_EQ(scores, (Scores{9.0f, 0.0f, 0.0f, 0.0f, 0.0f, kGone, kGone, kGone}));
}

TEST(SuppressEnd, RemovesTheEndAlone) {
    Scores scores = kCond0;
    suppress_end(scores, kEos);
    EXPECT_EQ(scores, (Scores{0.5f, 2.0f, 1.0f, -1.0f, 3.0f, kGone, 0.0f, 0.2f}));
}

TEST(TopK, KeepsTheLargestAndTheirEquals) {
    EXPECT_EQ(with_top_k(kCond0, 3), (Scores{kGone, 2.0f, kGone, kGone, 3.0f, 1.5f, kGone, kGone}));
    EXPECT_EQ(with_top_k({1.0f, 1.0f, 1.0f, 0.0f}, 2), (Scores{1.0f, 1.0f, 1.0f, kGone}));
    EXPECT_EQ(with_top_k({3.0f, kGone, 1.0f, kGone}, 3), (Scores{3.0f, kGone, 1.0f, kGone}));
}

TEST(TopK, KeepsEverythingIfItIsOffOrLarge) {
    for (const int32_t k : {0, -1, 8, 100}) {
        EXPECT_EQ(with_top_k(kCond0, k), kCond0) << k;
    }
}

TEST(TopP, RemovesTheTailUpToOneMinusP) {
    const auto without = [](std::initializer_list<size_t> removed) {
        Scores scores = kCond0;
        for (const size_t id : removed) {
            scores[id] = kGone;
        }
        return scores;
    };
    EXPECT_EQ(with_top_p(kCond0, 0.95f), without({3, 6}));
    EXPECT_EQ(with_top_p(kCond0, 0.9f), without({3, 6, 7}));
    EXPECT_EQ(with_top_p(kCond0, 0.5f), without({0, 1, 2, 3, 5, 6, 7}));
    EXPECT_EQ(with_top_p(kCond0, 0.1f), without({0, 1, 2, 3, 5, 6, 7}));
    EXPECT_EQ(with_top_p(kCond0, 1e-30f), without({0, 1, 2, 3, 5, 6, 7}));
    EXPECT_EQ(with_top_p(kCond0, 1.0f), kCond0);
}

TEST(TopP, RemovesTheLowestOfEqualIdsFirst) {
    EXPECT_EQ(with_top_p({1.0f, 1.0f, 1.0f, 1.0f}, 0.7f), (Scores{kGone, 1.0f, 1.0f, 1.0f}));
    EXPECT_EQ(with_top_p({1.0f, 1.0f, 1.0f, 1.0f}, 0.1f), (Scores{kGone, kGone, kGone, 1.0f}));
}

TEST(TopP, LeavesWhatWasRemovedBefore) {
    EXPECT_EQ(with_top_p({kGone, 5.0f, kGone, 5.0f}, 0.99f), (Scores{kGone, 5.0f, kGone, 5.0f}));
    EXPECT_EQ(with_top_p({kGone, kGone, 5.0f}, 0.5f), (Scores{kGone, kGone, 5.0f}));
}

// Probabilities of kCond0: 0.042 0.190 0.070 0.009 0.516 0.115 0.026 0.031; its entropy is 1.498.
template <typename Filter>
Scores filtered(Filter && filter, Scores scores = kCond0) {
    ScoreScratch scratch(scores.size());
    filter(span<float>(scores), scratch);
    return scores;
}

// The ids that a filter keeps of kCond0.
template <typename Filter>
std::vector<size_t> kept(Filter && filter) {
    const Scores scores = filtered(std::forward<Filter>(filter));
    std::vector<size_t> ids;
    for (size_t id = 0; id < scores.size(); ++id) {
        if (scores[id] != kGone) {
            EXPECT_EQ(scores[id], kCond0[id]);
            ids.push_back(id);
        }
    }
    return ids;
}

using Ids = std::vector<size_t>;

TEST(MinP, RemovesWhatIsFarBelowTheBest) {
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_min_p(s, 0.1f, scratch); }), (Ids{1, 2, 4, 5}));
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_min_p(s, 0.3f, scratch); }), (Ids{1, 4}));
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_min_p(s, 1.0f, scratch); }), (Ids{4}));
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_min_p(s, 0.0f, scratch); }).size(), 8u);
}

TEST(Typical, KeepsWhatIsClosestToTheEntropy) {
    // Distances: 4: 0.84, 1: 0.16, 5: 0.66, 2: 1.16, 0: 1.66, ...
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_typical(s, 0.1f, scratch); }), (Ids{1}));
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_typical(s, 0.3f, scratch); }), (Ids{1, 5}));
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_typical(s, 0.8f, scratch); }), (Ids{1, 4, 5}));
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_typical(s, 1.0f, scratch); }).size(), 8u);
    const Scores equal = {1.0f, 1.0f, kGone, 1.0f};
    EXPECT_EQ(filtered([](auto s, auto & scratch) { keep_typical(s, 0.2f, scratch); }, equal), equal)
        << "what is as close as the last one stays";
}

TEST(TopH, KeepsTheBestUpToAPartOfTheEntropy) {
    // Terms: 4: 0.341, 1: 0.315, 5: 0.249, 2: 0.186, 0: 0.134, 7: 0.109, 6: 0.094, 3: 0.044
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_top_h(s, 0.1f, scratch); }), (Ids{4}));
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_top_h(s, 0.5f, scratch); }), (Ids{1, 4}));
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_top_h(s, 0.7f, scratch); }), (Ids{1, 4, 5}));
    EXPECT_EQ(kept([](auto s, auto & scratch) { keep_top_h(s, 1.0f, scratch); }).size(), 8u);
}

TEST(TopH, LooksAtTheHundredBestAlone) {
    Scores many(150, 1.0f);
    many[149] = 1.5f;
    const Scores scores = filtered([](auto s, auto & scratch) { keep_top_h(s, 1.0f, scratch); }, many);
    EXPECT_EQ(std::count(scores.begin(), scores.end(), kGone), 50);
    EXPECT_EQ(scores[149], 1.5f);
    EXPECT_EQ(scores[98], 1.0f);
    EXPECT_EQ(scores[99], kGone) << "the lowest of equal ids stay";
}

TEST(Epsilon, RemovesWhatIsImprobable) {
    EXPECT_EQ(kept([](auto s, auto & scratch) { cut_epsilon(s, 0.03f, scratch); }), (Ids{0, 1, 2, 4, 5, 7}));
    EXPECT_EQ(kept([](auto s, auto & scratch) { cut_epsilon(s, 0.9f, scratch); }), (Ids{4})) << "but not the best";
}

TEST(Eta, RemovesLessWhereTheEntropyIsHigh) {
    // sqrt(0.03) * exp(-1.498) = 0.0387; sqrt(0.2) * exp(-1.498) = 0.1
    EXPECT_EQ(kept([](auto s, auto & scratch) { cut_eta(s, 0.03f, scratch); }), (Ids{0, 1, 2, 4, 5, 7}));
    EXPECT_EQ(kept([](auto s, auto & scratch) { cut_eta(s, 0.2f, scratch); }), (Ids{1, 4, 5}));
}

TEST(Normalize, GivesLogarithmsOfProbabilities) {
    const Scores scores =
        filtered([](auto s, auto & scratch) { normalize(s, scratch); }, {1.0f, kGone, 1.0f, 2.0f});
    const float sum = 2.0f * std::exp(1.0f) + std::exp(2.0f);
    expect_near(scores, {1.0f - std::log(sum), kGone, 1.0f - std::log(sum), 2.0f - std::log(sum)});
}

}  // namespace
}  // namespace dia
