// Rules about single tokens and about what a channel has said before, one function per processor of the reference
// (SequenceBiasLogitsProcessor, RepetitionPenaltyLogitsProcessor, NoRepeatNGramLogitsProcessor,
// NoBadWordsLogitsProcessor, SuppressTokensLogitsProcessor, ExponentialDecayLengthPenalty). They work on the scores
// of one channel, V values, right after guidance; the channels know nothing of each other. A score that was removed
// stays so.
#pragma once

#include <cstdint>
#include <vector>

#include "dia/dia.h"
#include "generation/channel_history.h"
#include "generation/scores.h"
#include "support/span.h"

namespace dia {

// What is added to the score of the last token where the ones before it have just been said.
struct TokenBias {
    std::vector<int32_t> tokens;  // at least one
    float bias = 0.0f;            // kRemoved forbids the sequence
};

// The arrays of dia_generation_params, copied.
struct TokenRules {
    std::vector<TokenBias> biases;
    std::vector<TokenBias> bad_words;
    std::vector<int32_t> suppressed;
    std::vector<int32_t> suppressed_at_begin;
};

// Throws DIA_STATUS_INVALID_ARGUMENT, naming the option, the place and the value, for a token outside 0 to
// n_tokens - 1, an empty or overlong sequence, or a bias that is not finite. A bad word that is `eos` alone is left
// out, as the reference does.
TokenRules copy_token_rules(const dia_generation_params & params, int32_t n_tokens, int32_t eos);

// Adds every bias whose sequence the history has begun. A sequence longer than the history is not looked at.
void add_biases(span<float> scores, const ChannelHistory & history, span<const TokenBias> biases,
                ScoreScratch & scratch);

// Divides the score of every token of the history by `penalty` > 0 if it is positive, and multiplies it otherwise.
void penalize_repetition(span<float> scores, const ChannelHistory & history, float penalty, ScoreScratch & scratch);

// Removes every token that would complete a sequence of `size` >= 1 tokens that the history has already.
void forbid_repeated_sequences(span<float> scores, const ChannelHistory & history, int32_t size);

// Removes these tokens.
void suppress(span<float> scores, span<const int32_t> tokens);

// Adds |score| * (factor^n - 1) to the score of `eos`: the end becomes likelier with every position if `factor` is
// above 1. In the reference a removed end becomes NaN, which greedy choice takes for the best; here it stays
// removed.
void favour_end(span<float> scores, int32_t eos, float factor, int64_t n);

}  // namespace dia
