#include "generation/token_rules.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "expect_error.h"
#include "generation/generation_params.h"

namespace dia {
namespace {

using Scores = std::vector<float>;
using Tokens = std::vector<int32_t>;
using testing::expect_error;

constexpr float kGone = kRemoved;
constexpr int32_t kVocab = 8;
constexpr int32_t kEos = 5;
const Scores kScores = {1.0f, -1.0f, 2.0f, -2.0f, 0.0f, 3.0f, kGone, 4.0f};

template <typename Rule>
Scores after(Rule && rule) {
    Scores scores = kScores;
    rule(span<float>(scores));
    return scores;
}

Scores with_biases(const Tokens & tokens, const std::vector<TokenBias> & biases) {
    ScoreScratch scratch(kVocab);
    return after([&](span<float> scores) { add_biases(scores, ChannelHistory(tokens, 1, 0), biases, scratch); });
}

Scores with_penalty(const Tokens & tokens, float penalty) {
    ScoreScratch scratch(kVocab);
    return after(
        [&](span<float> scores) { penalize_repetition(scores, ChannelHistory(tokens, 1, 0), penalty, scratch); });
}

// The tokens that may not follow.
Tokens forbidden(const Tokens & tokens, int32_t size) {
    Scores scores(kVocab, 0.0f);
    forbid_repeated_sequences(scores, ChannelHistory(tokens, 1, 0), size);
    Tokens found;
    for (int32_t id = 0; id < kVocab; ++id) {
        if (scores[static_cast<size_t>(id)] == kGone) {
            found.push_back(id);
        }
    }
    return found;
}

TEST(ChannelHistory, IsAColumnOfTheTokens) {
    const Tokens tokens = {1, 2, 3, 4, 5, 6};
    const ChannelHistory history(tokens, 3, 1);
    ASSERT_EQ(history.size(), 2u);
    EXPECT_EQ(history[0], 2);
    EXPECT_EQ(history[1], 5);
    EXPECT_TRUE(history.has_at(0, Tokens{2, 5}));
    EXPECT_TRUE(history.has_at(1, Tokens{5}));
    EXPECT_FALSE(history.has_at(0, Tokens{2, 6}));
}

TEST(Biases, AreAddedWhereTheSequenceHasBegun) {
    EXPECT_EQ(with_biases({7}, {{{2}, 0.5f}, {{6}, 9.0f}}),
              (Scores{1.0f, -1.0f, 2.5f, -2.0f, 0.0f, 3.0f, kGone, 4.0f}))
        << "a single token gets its bias always, but a removed one stays so";
    EXPECT_EQ(with_biases({3, 7}, {{{7, 0}, 1.0f}, {{3, 1}, 9.0f}, {{2, 7, 0}, 9.0f}})[0], 2.0f)
        << "of longer ones those that continue the history";
    EXPECT_EQ(with_biases({7}, {{{7, 0}, 1.0f}}), kScores) << "a sequence longer than the history is not looked at";
}

TEST(Biases, OfOneTokenAddUp) {
    EXPECT_EQ(with_biases({7, 3, 7}, {{{0}, 1.0f}, {{7, 0}, 2.0f}, {{3, 7, 0}, 4.0f}})[0], 8.0f);
}

TEST(Biases, ForbidBadWords) {
    const Scores scores = with_biases({3, 7}, {{{2}, kGone}, {{7, 0}, kGone}, {{3, 1}, kGone}});
    EXPECT_EQ(scores, (Scores{kGone, -1.0f, kGone, -2.0f, 0.0f, 3.0f, kGone, 4.0f}));
}

TEST(RepetitionPenalty, CountsEveryTokenOnce) {
    EXPECT_EQ(with_penalty({2, 3, 2, 6, 4}, 2.0f), (Scores{1.0f, -1.0f, 1.0f, -4.0f, 0.0f, 3.0f, kGone, 4.0f}));
    EXPECT_EQ(with_penalty({2, 3}, 0.5f), (Scores{1.0f, -1.0f, 4.0f, -1.0f, 0.0f, 3.0f, kGone, 4.0f}));
    EXPECT_EQ(with_penalty({}, 2.0f), kScores);
}

TEST(RepeatedSequences, AreForbidden) {
    EXPECT_EQ(forbidden({1, 2, 1}, 1), (Tokens{1, 2}));
    EXPECT_EQ(forbidden({1, 2, 1, 3, 1}, 2), (Tokens{2, 3}));
    EXPECT_EQ(forbidden({1, 2, 3, 1, 2}, 3), (Tokens{3}));
    EXPECT_EQ(forbidden({1, 2, 3, 2}, 3), (Tokens{}));
    EXPECT_EQ(forbidden({4, 4, 4}, 2), (Tokens{4})) << "also where the sequences overlap";
    EXPECT_EQ(forbidden({1, 2}, 3), (Tokens{})) << "a history that is too short has none";
    EXPECT_EQ(forbidden({}, 1), (Tokens{}));
}

TEST(Suppress, RemovesTheTokens) {
    const Scores scores = after([](span<float> s) { suppress(s, Tokens{0, 5}); });
    EXPECT_EQ(scores, (Scores{kGone, -1.0f, 2.0f, -2.0f, 0.0f, kGone, kGone, 4.0f}));
}

TEST(FavourEnd, RaisesTheEndWithEveryPosition) {
    const auto end_after = [](float score, float factor, int64_t n) {
        Scores scores = kScores;
        scores[kEos] = score;
        favour_end(scores, kEos, factor, n);
        return scores[kEos];
    };
    EXPECT_FLOAT_EQ(end_after(3.0f, 2.0f, 1), 6.0f);
    EXPECT_FLOAT_EQ(end_after(3.0f, 2.0f, 3), 24.0f);
    EXPECT_FLOAT_EQ(end_after(-3.0f, 2.0f, 2), 6.0f) << "a negative score rises too";
    EXPECT_FLOAT_EQ(end_after(3.0f, 0.5f, 1), 1.5f);
    EXPECT_EQ(end_after(0.0f, 1e30f, 1000), 0.0f);
    EXPECT_TRUE(std::isfinite(end_after(3.0f, 2.0f, 100000)));
    EXPECT_GT(end_after(3.0f, 2.0f, 100000), 1e9f);
    EXPECT_EQ(end_after(kGone, 2.0f, 3), kGone) << "a removed end stays removed";
}

class TokenRulesTest : public ::testing::Test {
protected:
    TokenRules copy() const { return copy_token_rules(params_, kVocab, kEos); }

    void refuse(const char * message) const {
        expect_error(DIA_STATUS_INVALID_ARGUMENT, {message}, [this] { copy(); });
    }

    dia_generation_params params_ = default_generation_params();
};

TEST_F(TokenRulesTest, CopyTheArrays) {
    Tokens suppressed = {1, 7};
    Tokens begin = {0};
    Tokens word = {2, 3};
    const Tokens end = {kEos};
    const Tokens end_twice = {kEos, kEos};
    const dia_token_sequence words[] = {
        {word.data(), 2, 7.0f, 0}, {end.data(), 1, 0.0f, 0}, {end_twice.data(), 2, 0.0f, 0}};
    const dia_token_sequence biases[] = {{word.data(), 2, -1.5f, 0}};
    params_.suppress_tokens = suppressed.data();
    params_.n_suppress_tokens = 2;
    params_.begin_suppress_tokens = begin.data();
    params_.n_begin_suppress_tokens = 1;
    params_.bad_words = words;
    params_.n_bad_words = 3;
    params_.sequence_biases = biases;
    params_.n_sequence_biases = 1;
    const TokenRules rules = copy();
    suppressed = begin = word = {0, 0};
    EXPECT_EQ(rules.suppressed, (Tokens{1, 7}));
    EXPECT_EQ(rules.suppressed_at_begin, (Tokens{0}));
    ASSERT_EQ(rules.bad_words.size(), 2u) << "the end alone is no bad word";
    EXPECT_EQ(rules.bad_words[0].tokens, (Tokens{2, 3}));
    EXPECT_EQ(rules.bad_words[0].bias, kGone);
    EXPECT_EQ(rules.bad_words[1].tokens, (Tokens{kEos, kEos}));
    EXPECT_EQ(rules.biases.at(0).tokens, (Tokens{2, 3}));
    EXPECT_EQ(rules.biases.at(0).bias, -1.5f);
}

TEST_F(TokenRulesTest, RefuseTokensThatDoNotExist) {
    const Tokens tokens = {1, 8, -1};
    params_.suppress_tokens = tokens.data();
    params_.n_suppress_tokens = 2;
    refuse("suppress_tokens[1] has token 8; tokens are 0 to 7");
    params_.n_suppress_tokens = 0;
    params_.begin_suppress_tokens = &tokens[2];
    params_.n_begin_suppress_tokens = 1;
    refuse("begin_suppress_tokens[0] has token -1; tokens are 0 to 7");
}

TEST_F(TokenRulesTest, RefuseCountsThatCannotBe) {
    params_.n_suppress_tokens = -1;
    refuse("n_suppress_tokens must be 0 to 65536, found -1");
    params_.n_suppress_tokens = 65537;
    refuse("n_suppress_tokens must be 0 to 65536, found 65537");
    params_.n_suppress_tokens = 1;
    refuse("suppress_tokens is NULL, but n_suppress_tokens is 1");
    params_.n_suppress_tokens = 0;
    params_.n_bad_words = 1;
    refuse("bad_words is NULL, but n_bad_words is 1");
}

TEST_F(TokenRulesTest, RefuseSequencesThatCannotBe) {
    const Tokens tokens = {1, 9};
    dia_token_sequence sequences[] = {{tokens.data(), 1, 1.0f, 0}, {tokens.data(), 0, 1.0f, 0}};
    params_.sequence_biases = sequences;
    params_.n_sequence_biases = 2;
    refuse("sequence_biases[1] must have 1 to 4096 tokens, found 0");
    sequences[1].n_tokens = 4097;
    refuse("sequence_biases[1] must have 1 to 4096 tokens, found 4097");
    sequences[1] = {tokens.data(), 2, 1.0f, 0};
    refuse("sequence_biases[1] has token 9; tokens are 0 to 7");
    sequences[1] = {nullptr, 2, 1.0f, 0};
    refuse("the tokens of sequence_biases[1] are NULL");
    sequences[1] = {tokens.data(), 1, std::numeric_limits<float>::infinity(), 0};
    refuse("the bias of sequence_biases[1] must be finite, found inf");
}

}  // namespace
}  // namespace dia
