// Compiled without contraction into fused multiply-adds: every operation is rounded by itself, as in the reference.
#include "generation/token_rules.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "support/error.h"

namespace dia {

namespace {

constexpr int64_t kMaxRules = 1 << 16;           // entries of one array
constexpr int64_t kMaxSequenceLength = 1 << 12;  // tokens of one sequence

// Grows like this mean that the speech must end; an infinity would be no score any more.
constexpr double kEndless = 1e18;

void require_count(const char * option, const void * entries, int64_t count) {
    if (count < 0 || count > kMaxRules) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "n_%s must be 0 to %lld, found %lld", option,
             static_cast<long long>(kMaxRules), static_cast<long long>(count));
    }
    if (count > 0 && entries == nullptr) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s is NULL, but n_%s is %lld", option, option,
             static_cast<long long>(count));
    }
}

void require_token(const char * option, int64_t index, int32_t token, int32_t n_tokens) {
    if (token < 0 || token >= n_tokens) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s[%lld] has token %d; tokens are 0 to %d", option,
             static_cast<long long>(index), token, n_tokens - 1);
    }
}

std::vector<int32_t> copy_tokens(const char * option, const int32_t * tokens, int64_t count, int32_t n_tokens) {
    require_count(option, tokens, count);
    std::vector<int32_t> copy(tokens, tokens + count);
    for (int64_t i = 0; i < count; ++i) {
        require_token(option, i, copy[static_cast<size_t>(i)], n_tokens);
    }
    return copy;
}

TokenBias copy_sequence(const char * option, int64_t index, const dia_token_sequence & sequence, int32_t n_tokens) {
    if (sequence.n_tokens < 1 || sequence.n_tokens > kMaxSequenceLength) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s[%lld] must have 1 to %lld tokens, found %lld", option,
             static_cast<long long>(index), static_cast<long long>(kMaxSequenceLength),
             static_cast<long long>(sequence.n_tokens));
    }
    if (sequence.tokens == nullptr) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "the tokens of %s[%lld] are NULL", option, static_cast<long long>(index));
    }
    if (!std::isfinite(sequence.bias)) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "the bias of %s[%lld] must be finite, found %g", option,
             static_cast<long long>(index), static_cast<double>(sequence.bias));
    }
    TokenBias copy;
    copy.tokens.assign(sequence.tokens, sequence.tokens + sequence.n_tokens);
    copy.bias = sequence.bias;
    for (const int32_t token : copy.tokens) {
        require_token(option, index, token, n_tokens);
    }
    return copy;
}

std::vector<TokenBias> copy_sequences(const char * option, const dia_token_sequence * sequences, int64_t count,
                                      int32_t n_tokens) {
    require_count(option, sequences, count);
    std::vector<TokenBias> copies;
    copies.reserve(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
        copies.push_back(copy_sequence(option, i, sequences[i], n_tokens));
    }
    return copies;
}

// Whether the history ends with all tokens of the sequence but its last one.
bool is_begun(const ChannelHistory & history, const TokenBias & bias) {
    const size_t n = bias.tokens.size();
    if (n == 1) {
        return true;
    }
    return n <= history.size() && history.has_at(history.size() - (n - 1), span(bias.tokens.data(), n - 1));
}

}  // namespace

TokenRules copy_token_rules(const dia_generation_params & params, int32_t n_tokens, int32_t eos) {
    TokenRules rules;
    rules.biases = copy_sequences("sequence_biases", params.sequence_biases, params.n_sequence_biases, n_tokens);
    rules.bad_words = copy_sequences("bad_words", params.bad_words, params.n_bad_words, n_tokens);
    rules.suppressed = copy_tokens("suppress_tokens", params.suppress_tokens, params.n_suppress_tokens, n_tokens);
    rules.suppressed_at_begin = copy_tokens("begin_suppress_tokens", params.begin_suppress_tokens,
                                            params.n_begin_suppress_tokens, n_tokens);
    const auto is_end = [eos](const TokenBias & word) { return word.tokens.size() == 1 && word.tokens[0] == eos; };
    rules.bad_words.erase(std::remove_if(rules.bad_words.begin(), rules.bad_words.end(), is_end),
                          rules.bad_words.end());
    for (TokenBias & word : rules.bad_words) {
        word.bias = kRemoved;
    }
    return rules;
}

void add_biases(span<float> scores, const ChannelHistory & history, span<const TokenBias> biases,
                ScoreScratch & scratch) {
    // Summed by themselves and added once, which is how the reference rounds.
    const span<float> sums = span<float>(scratch.values).subspan(0, scores.size());
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (const TokenBias & bias : biases) {
        if (is_begun(history, bias)) {
            sums[static_cast<size_t>(bias.tokens.back())] += bias.bias;
        }
    }
    for (size_t i = 0; i < scores.size(); ++i) {
        scores[i] += sums[i];
    }
}

void penalize_repetition(span<float> scores, const ChannelHistory & history, float penalty,
                         ScoreScratch & scratch) {
    assert(penalty > 0.0f);
    const span<int32_t> is_penalized = span<int32_t>(scratch.order).subspan(0, scores.size());
    std::fill(is_penalized.begin(), is_penalized.end(), 0);
    for (size_t position = 0; position < history.size(); ++position) {
        const auto token = static_cast<size_t>(history[position]);
        if (is_penalized[token] == 0) {
            is_penalized[token] = 1;
            scores[token] = scores[token] < 0.0f ? scores[token] * penalty : scores[token] / penalty;
        }
    }
}

void forbid_repeated_sequences(span<float> scores, const ChannelHistory & history, int32_t size) {
    assert(size >= 1);
    const auto n_before = static_cast<size_t>(size) - 1;  // tokens of the sequence that are there already
    if (history.size() < n_before + 1) {
        return;
    }
    const size_t last = history.size() - n_before;
    for (size_t position = 0; position < last; ++position) {
        size_t n_equal = 0;
        while (n_equal < n_before && history[position + n_equal] == history[last + n_equal]) {
            ++n_equal;
        }
        if (n_equal == n_before) {
            scores[static_cast<size_t>(history[position + n_before])] = kRemoved;
        }
    }
}

void suppress(span<float> scores, span<const int32_t> tokens) {
    for (const int32_t token : tokens) {
        scores[static_cast<size_t>(token)] = kRemoved;
    }
}

void favour_end(span<float> scores, int32_t eos, float factor, int64_t n) {
    float & score = scores[static_cast<size_t>(eos)];
    if (score != kRemoved) {
        const double growth = std::pow(static_cast<double>(factor), static_cast<double>(n)) - 1.0;
        const auto favour = std::fabs(score) * static_cast<float>(std::min(growth, kEndless));
        score = std::min(score + favour, static_cast<float>(kEndless));
    }
}

}  // namespace dia
