// The order of the processors is that of the reference's generate(), docs/generation-options.md: guidance, the
// rules about tokens, the callback, temperature, special ids, the filters of sampling, end of speech. Greedy choice
// differs from drawing only in skipping the filters.
#include "generation/token_chooser.h"

#include <algorithm>
#include <cmath>

#include "generation/channel_history.h"
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
    : params_(without_arrays(params)),
      rules_(copy_token_rules(params, hparams.decoder.vocab_size, hparams.eos_token_id)),
      n_channels_(hparams.decoder.num_channels),
      n_tokens_(hparams.decoder.vocab_size),
      eos_(hparams.eos_token_id),
      suppresses_end_(std::find(rules_.suppressed.begin(), rules_.suppressed.end(), eos_) !=
                      rules_.suppressed.end()),
      scores_(static_cast<size_t>(n_channels_) * static_cast<size_t>(n_tokens_)),
      emptied_by_(static_cast<size_t>(n_channels_)),
      scratch_(static_cast<size_t>(n_tokens_)) {}

span<float> TokenChooser::channel_scores(int32_t channel) {
    const auto n = static_cast<size_t>(n_tokens_);
    return span<float>(scores_).subspan(static_cast<size_t>(channel) * n, n);
}

// The ids that a channel can choose are those below this.
int32_t TokenChooser::n_allowed(const Place & place, int32_t channel) const {
    return channel == 0 && place.may_end && !suppresses_end_ ? eos_ + 1 : eos_;
}

void TokenChooser::note_if_empty(const Place & place, int32_t channel, const char * option) {
    const auto n = static_cast<size_t>(n_allowed(place, channel));
    const span<const float> allowed = channel_scores(channel).subspan(0, n);
    const auto is_left = [](float score) { return score != kRemoved; };
    const char *& name = emptied_by_[static_cast<size_t>(channel)];
    if (name == nullptr && std::none_of(allowed.begin(), allowed.end(), is_left)) {
        name = option;
    }
}

void TokenChooser::apply_rules(const RowLogits & logits, const Place & place, int32_t channel) {
    const auto n = static_cast<size_t>(n_tokens_);
    const size_t offset = static_cast<size_t>(channel) * n;
    const span<float> scores = channel_scores(channel);
    const span<const float> conditional = logits.conditional.subspan(offset, n);
    emptied_by_[static_cast<size_t>(channel)] = nullptr;
    if (uses_guidance(params_)) {
        apply_guidance(conditional, logits.unconditional.subspan(offset, n), params_.guidance_scale, params_.top_k,
                       n_allowed(place, channel), scores, scratch_);
    } else {
        std::copy(conditional.begin(), conditional.end(), scores.begin());
    }
    apply_token_rules(place, channel);
}

void TokenChooser::apply_token_rules(const Place & place, int32_t channel) {
    const span<float> scores = channel_scores(channel);
    const ChannelHistory history(place.tokens, n_channels_, channel);
    if (!rules_.biases.empty()) {
        add_biases(scores, history, rules_.biases, scratch_);
    }
    if (params_.repetition_penalty != 1.0f) {
        penalize_repetition(scores, history, params_.repetition_penalty, scratch_);
    }
    if (params_.no_repeat_ngram_size > 0) {
        forbid_repeated_sequences(scores, history, params_.no_repeat_ngram_size);
        note_if_empty(place, channel, "no_repeat_ngram_size");
    }
    if (!rules_.bad_words.empty()) {
        add_biases(scores, history, rules_.bad_words, scratch_);
        note_if_empty(place, channel, "bad_words");
    }
    if (!place.may_end) {
        suppress_end(scores, eos_);
    }
    const int64_t n_late = place.position - place.prefix - params_.exponential_decay_start;
    if (params_.exponential_decay_factor != 1.0f && n_late > 0) {
        favour_end(scores, eos_, params_.exponential_decay_factor, n_late);
    }
    if (!rules_.suppressed.empty()) {
        suppress(scores, rules_.suppressed);
        note_if_empty(place, channel, "suppress_tokens");
    }
    if (!rules_.suppressed_at_begin.empty() && place.position == place.prefix) {
        suppress(scores, rules_.suppressed_at_begin);
        note_if_empty(place, channel, "begin_suppress_tokens");
    }
}

void TokenChooser::run_callback(const Place & place) {
    dia_logits_context context = {};
    context.struct_size = sizeof context;
    context.row = place.row;
    context.n_channels = n_channels_;
    context.vocab_size = n_tokens_;
    context.tokens = place.tokens.data();
    context.n_tokens = place.position;
    context.n_prompt_frames = place.prefix - 1;
    if (params_.logits_callback(&context, scores_.data(), params_.logits_user_data) != 0) {
        fail(DIA_STATUS_CANCELLED, "the logits callback stopped the generation at row %d, position %lld", place.row,
             static_cast<long long>(place.position));
    }
    check_callback_scores(place);
}

void TokenChooser::check_callback_scores(const Place & place) {
    const auto is_bad = [](float score) { return !std::isfinite(score) && score != kRemoved; };
    const auto bad = std::find_if(scores_.begin(), scores_.end(), is_bad);
    if (bad != scores_.end()) {
        const int64_t index = bad - scores_.begin();
        fail(DIA_STATUS_NOT_A_NUMBER,
             "the logits callback gave token %lld of row %d, channel %lld, position %lld the score %g; a score is "
             "finite, or -inf to remove the token",
             static_cast<long long>(index % n_tokens_), place.row, static_cast<long long>(index / n_tokens_),
             static_cast<long long>(place.position), static_cast<double>(*bad));
    }
    for (int32_t channel = 0; channel < n_channels_; ++channel) {
        note_if_empty(place, channel, "the logits callback");
    }
}

void TokenChooser::filter(const Place & place, int32_t channel) {
    const span<float> scores = channel_scores(channel);
    if (params_.temperature > 0.0f && params_.temperature != 1.0f) {
        apply_temperature(scores, params_.temperature);
    }
    filter_special_ids(scores, channel, eos_);
    const float best = scores[static_cast<size_t>(argmax(scores))];
    if (best == kRemoved) {
        note_if_empty(place, channel, "temperature");  // it can push a score down to -inf
        return;
    }
    if (!std::isfinite(best)) {
        fail(DIA_STATUS_NOT_A_NUMBER,
             "the best score of row %d, channel %d, position %lld is %g after guidance with scale %g and "
             "temperature %g",
             place.row, channel, static_cast<long long>(place.position), static_cast<double>(best),
             static_cast<double>(params_.guidance_scale), static_cast<double>(params_.temperature));
    }
    if (draws_tokens(params_)) {
        filter_candidates(scores);
    }
    if (params_.renormalize_logits != 0) {
        normalize(scores, scratch_);
    }
}

void TokenChooser::filter_candidates(span<float> scores) {
    if (params_.top_h > 0.0f) {
        keep_top_h(scores, params_.top_h, scratch_);
    }
    keep_top_k(scores, params_.top_k, scratch_);
    keep_top_p(scores, params_.top_p, scratch_);
    if (params_.min_p > 0.0f) {
        keep_min_p(scores, params_.min_p, scratch_);
    }
    keep_typical(scores, params_.typical_p, scratch_);
    if (params_.epsilon_cutoff > 0.0f) {
        cut_epsilon(scores, params_.epsilon_cutoff, scratch_);
    }
    if (params_.eta_cutoff > 0.0f) {
        cut_eta(scores, params_.eta_cutoff, scratch_);
    }
}

span<const float> TokenChooser::score(const RowLogits & logits, const Place & place, EndOfSpeech & end) {
    for (int32_t channel = 0; channel < n_channels_; ++channel) {
        apply_rules(logits, place, channel);
    }
    if (params_.logits_callback != nullptr) {
        run_callback(place);
    }
    for (int32_t channel = 0; channel < n_channels_; ++channel) {
        filter(place, channel);
    }
    end.apply(scores_, place.position);
    return scores_;
}

void TokenChooser::choose(const RowLogits & logits, const Place & place, EndOfSpeech & end, span<int32_t> tokens) {
    score(logits, place, end);
    for (int32_t channel = 0; channel < n_channels_; ++channel) {
        const span<const float> scores = channel_scores(channel);
        int32_t & token = tokens[static_cast<size_t>(channel)];
        token = argmax(scores);
        if (scores[static_cast<size_t>(token)] == kRemoved) {
            token = kNoToken;
        } else if (draws_tokens(params_)) {
            softmax(scores, scratch_.probabilities);
            token = draw(scratch_.probabilities, uniform(place.seed, place.position, channel));
        }
    }
}

}  // namespace dia
