// The order of the processors is that of the reference's generate(): guidance, min_new_tokens, temperature, special
// ids, top-k, top-p, end of speech. Greedy choice differs from drawing only in skipping top-k and top-p.
#include "generation/token_chooser.h"

#include <algorithm>
#include <cmath>

#include "generation/generation_params.h"
#include "generation/guidance.h"
#include "generation/logits_processors.h"
#include "generation/rng.h"
#include "generation/sampler.h"
#include "support/error.h"

namespace dia {

namespace {

void require_finite(span<const float> logits, const char * branch, int32_t n_channels, const Place & place) {
    const auto bad = std::find_if(logits.begin(), logits.end(), [](float logit) { return !std::isfinite(logit); });
    if (bad == logits.end()) {
        return;
    }
    const auto n_tokens = static_cast<int64_t>(logits.size()) / n_channels;
    const int64_t index = bad - logits.begin();
    fail(DIA_STATUS_NOT_A_NUMBER,
         "the model computed %g: %s logit of token %lld in row %d, channel %lld, position %lld",
         static_cast<double>(*bad), branch, static_cast<long long>(index % n_tokens), place.row,
         static_cast<long long>(index / n_tokens), static_cast<long long>(place.position));
}

}  // namespace

void require_finite(const RowLogits & logits, int32_t n_channels, const Place & place) {
    require_finite(logits.conditional, "conditional", n_channels, place);
    require_finite(logits.unconditional, "unconditional", n_channels, place);
}

TokenChooser::TokenChooser(const DiaHparams & hparams, const dia_generation_params & params)
    : params_(params),
      n_channels_(hparams.decoder.num_channels),
      n_tokens_(hparams.decoder.vocab_size),
      eos_(hparams.eos_token_id),
      scores_(static_cast<size_t>(n_channels_) * static_cast<size_t>(n_tokens_)),
      scratch_(static_cast<size_t>(n_tokens_)) {}

span<float> TokenChooser::channel_scores(int32_t channel) {
    const auto n = static_cast<size_t>(n_tokens_);
    return span<float>(scores_).subspan(static_cast<size_t>(channel) * n, n);
}

void TokenChooser::score_channel(const RowLogits & logits, const Place & place, int32_t channel) {
    const auto n = static_cast<size_t>(n_tokens_);
    const size_t offset = static_cast<size_t>(channel) * n;
    const span<float> scores = channel_scores(channel);
    const span<const float> conditional = logits.conditional.subspan(offset, n);
    if (uses_guidance(params_)) {
        const int32_t n_allowed = channel == 0 && place.may_end ? eos_ + 1 : eos_;
        apply_guidance(conditional, logits.unconditional.subspan(offset, n), params_.guidance_scale, params_.top_k,
                       n_allowed, scores, scratch_);
    } else {
        std::copy(conditional.begin(), conditional.end(), scores.begin());
    }
    if (!place.may_end) {
        suppress_end(scores, eos_);
    }
    if (params_.temperature > 0.0f && params_.temperature != 1.0f) {
        apply_temperature(scores, params_.temperature);
    }
    filter_special_ids(scores, channel, eos_);
    if (const float best = scores[static_cast<size_t>(argmax(scores))]; !std::isfinite(best)) {
        fail(DIA_STATUS_NOT_A_NUMBER,
             "the best score of row %d, channel %d, position %lld is %g after guidance with scale %g and "
             "temperature %g",
             place.row, channel, static_cast<long long>(place.position), static_cast<double>(best),
             static_cast<double>(params_.guidance_scale), static_cast<double>(params_.temperature));
    }
    if (draws_tokens(params_)) {
        keep_top_k(scores, params_.top_k, scratch_);
        keep_top_p(scores, params_.top_p, scratch_);
    }
}

span<const float> TokenChooser::score(const RowLogits & logits, const Place & place, EndOfSpeech & end) {
    for (int32_t channel = 0; channel < n_channels_; ++channel) {
        score_channel(logits, place, channel);
    }
    end.apply(scores_, place.position);
    return scores_;
}

void TokenChooser::choose(const RowLogits & logits, const Place & place, EndOfSpeech & end, span<int32_t> tokens) {
    score(logits, place, end);
    for (int32_t channel = 0; channel < n_channels_; ++channel) {
        int32_t & token = tokens[static_cast<size_t>(channel)];
        if (draws_tokens(params_)) {
            softmax(channel_scores(channel), scratch_.probabilities);
            token = draw(scratch_.probabilities, uniform(place.seed, place.position, channel));
        } else {
            token = argmax(channel_scores(channel));
        }
    }
}

}  // namespace dia
