// From the logits of one position of one row to its tokens: guidance, the processors in the reference's order, and
// the choice. C channels, V token ids, D the largest delay.
#pragma once

#include <cstdint>
#include <vector>

#include "dia/dia.h"
#include "generation/end_of_speech.h"
#include "generation/scores.h"
#include "generation/token_rules.h"
#include "gguf/hparams.h"
#include "model/decoder_session.h"
#include "support/span.h"

namespace dia {

// The position whose tokens are chosen.
struct Place {
    int32_t row = 0;
    int64_t position = 0;
    int64_t prefix = 1;            // positions that were given
    span<const int32_t> tokens{};  // [position][C], all before this one
    bool may_end = true;           // false: channel 0 does not end by itself
    uint64_t seed = 0;
};

// Of a channel for which the options leave no token.
constexpr int32_t kNoToken = -1;

// Throws DIA_STATUS_NOT_A_NUMBER, naming the row, channel and position, if a logit is NaN or infinite.
void require_finite(const RowLogits & logits, int32_t n_channels, const Place & place);

class TokenChooser {
public:
    // The arrays of `params` are copied. Throws DIA_STATUS_INVALID_ARGUMENT if one holds what it may not.
    TokenChooser(const DiaHparams & hparams, const dia_generation_params & params);

    // The scores [C][V] after all processors; valid until the next call. The logits are finite.
    // Throws DIA_STATUS_CANCELLED or DIA_STATUS_NOT_A_NUMBER for what the logits callback does.
    span<const float> score(const RowLogits & logits, const Place & place, EndOfSpeech & end);

    // Chooses one token for every channel from them, kNoToken where none is left. `tokens` is [C].
    void choose(const RowLogits & logits, const Place & place, EndOfSpeech & end, span<int32_t> tokens);

    // The scores of the last call.
    span<const float> scores() const noexcept { return scores_; }

    // The option that took the last token of a channel away, in the last call.
    const char * emptied_by(int32_t channel) const { return emptied_by_[static_cast<size_t>(channel)]; }

private:
    void apply_rules(const RowLogits & logits, const Place & place, int32_t channel);
    void apply_token_rules(const Place & place, int32_t channel);
    void run_callback(const Place & place);
    void check_callback_scores(const Place & place);
    void filter(const Place & place, int32_t channel);
    void filter_candidates(span<float> scores);
    span<float> channel_scores(int32_t channel);
    int32_t n_allowed(const Place & place, int32_t channel) const;
    void note_if_empty(const Place & place, int32_t channel, const char * option);

    dia_generation_params params_;  // without its arrays
    TokenRules rules_;
    int32_t n_channels_;
    int32_t n_tokens_;  // V
    int32_t eos_;
    bool suppresses_end_;
    std::vector<float> scores_;             // [C][V]
    std::vector<const char *> emptied_by_;  // [C] NULL while a token is left
    ScoreScratch scratch_;
};

}  // namespace dia
