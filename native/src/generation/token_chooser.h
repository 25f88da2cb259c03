// From the logits of one position of one row to its tokens: guidance, the processors in the reference's order, and
// the choice. C channels, V token ids, D the largest delay.
#pragma once

#include <cstdint>
#include <vector>

#include "generation/end_of_speech.h"
#include "generation/scores.h"
#include "gguf/hparams.h"
#include "model/decoder_session.h"
#include "support/span.h"

namespace dia {

// The position whose tokens are chosen.
struct Place {
    int32_t row = 0;  // for messages
    int64_t position = 0;
    bool may_end = true;  // false: channel 0 does not end by itself
    uint64_t seed = 0;
};

// Throws DIA_STATUS_NOT_A_NUMBER, naming the row, channel and position, if a logit is NaN or infinite.
void require_finite(const RowLogits & logits, int32_t n_channels, const Place & place);

class TokenChooser {
public:
    TokenChooser(const DiaHparams & hparams, const dia_generation_params & params);

    // The scores [C][V] after all processors; valid until the next call. The logits are finite.
    span<const float> score(const RowLogits & logits, const Place & place, EndOfSpeech & end);

    // Chooses one token for every channel from them. `tokens` is [C].
    void choose(const RowLogits & logits, const Place & place, EndOfSpeech & end, span<int32_t> tokens);

private:
    void score_channel(const RowLogits & logits, const Place & place, int32_t channel);
    span<float> channel_scores(int32_t channel);

    dia_generation_params params_;
    int32_t n_channels_;
    int32_t n_tokens_;  // V
    int32_t eos_;
    std::vector<float> scores_;  // [C][V]
    ScoreScratch scratch_;
};

}  // namespace dia
