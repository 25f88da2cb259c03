#include "generation/generator.h"

#include <algorithm>
#include <utility>

#include "generation/generation_params.h"
#include "generation/rng.h"
#include "support/error.h"
#include "support/log.h"
#include "text/tokenizer.h"

namespace dia {

namespace {

const dia_generation_params & validated(const dia_generation_params & params) {
    validate(params);
    return params;
}

}  // namespace

Generator::Generator(const DiaHparams & hparams, std::optional<FrameRate> rate,
                     const dia_generation_params & params, PredictorFactory make_predictor)
    : hparams_(hparams),
      rate_(rate),
      params_(without_arrays(validated(params))),
      seed_(params.has_seed != 0 ? params.seed : random_seed()),
      make_predictor_(std::move(make_predictor)),
      chooser_(hparams, params),
      chosen_(hparams.delay_pattern.size()) {
    if (draws_tokens(params_) && params_.temperature < 1.0f) {
        log(DIA_LOG_LEVEL_WARNING,
            "temperature is %g; below 1 the model tends to noise, and the reference uses 1 instead",
            static_cast<double>(params_.temperature));
    }
}

void Generator::require_stage(Stage stage, const char * action) const {
    if (stage_ == stage) {
        return;
    }
    if (stage_ == Stage::kStopped) {
        throw_if_cancelled();
        fail(DIA_STATUS_INVALID_STATE, "cannot %s: an earlier call failed", action);
    }
    fail(DIA_STATUS_INVALID_STATE, "cannot %s %s prefill", action,
         stage_ == Stage::kCollecting ? "before" : "after");
}

void Generator::throw_if_cancelled() const {
    if (cancelled_.load(std::memory_order_relaxed)) {
        fail(DIA_STATUS_CANCELLED, "generation was cancelled");
    }
}

void Generator::require_text_length(int64_t n_input_ids) const {
    if (n_input_ids <= 0) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "the utterance has no input_ids: n_input_ids is %lld",
             static_cast<long long>(n_input_ids));
    }
    if (n_input_ids > hparams_.encoder.max_position_embeddings) {
        fail(DIA_STATUS_TEXT_TOO_LONG, "the text has %lld tokens; the model reads at most %d",
             static_cast<long long>(n_input_ids), hparams_.encoder.max_position_embeddings);
    }
}

void Generator::require_input_ids(span<const int32_t> input_ids) const {
    require_text_length(static_cast<int64_t>(input_ids.size()));
    for (size_t i = 0; i < input_ids.size(); ++i) {
        if (input_ids[i] < 0 || input_ids[i] >= hparams_.encoder.vocab_size) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "input id %zu is %d; ids are 0 to %d", i, input_ids[i],
                 hparams_.encoder.vocab_size - 1);
        }
    }
}

void Generator::require_prompt_codes(span<const int32_t> prompt_codes) const {
    const auto n_channels = static_cast<size_t>(this->n_channels());
    if (prompt_codes.size() % n_channels != 0) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "the prompt has %zu codes, which are no whole frames of %zu",
             prompt_codes.size(), n_channels);
    }
    for (size_t i = 0; i < prompt_codes.size(); ++i) {
        if (prompt_codes[i] < 0 || prompt_codes[i] >= hparams_.eos_token_id) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "prompt frame %zu, channel %zu is %d; codes are 0 to %d",
                 i / n_channels, i % n_channels, prompt_codes[i], hparams_.eos_token_id - 1);
        }
    }
}

int32_t Generator::add_text(std::string_view text) {
    require_stage(Stage::kCollecting, "add a row");
    Utterance utterance;
    utterance.input_ids = tokenize_script(text, hparams_.encoder.max_position_embeddings);
    return add_utterance(std::move(utterance));
}

int32_t Generator::add_utterance(Utterance utterance) {
    require_stage(Stage::kCollecting, "add a row");
    if (!utterance.encoding) {
        require_input_ids(utterance.input_ids);
    }
    require_prompt_codes(utterance.prompt_codes);
    const int64_t n_prompt_frames = static_cast<int64_t>(utterance.prompt_codes.size()) / n_channels();
    const int64_t limit = length_limit(params_, 1 + n_prompt_frames, hparams_.max_delay(), rate_);
    if (limit <= 1 + n_prompt_frames) {
        fail(DIA_STATUS_INVALID_ARGUMENT,
             "the audio prompt takes %lld positions, but max_length = %lld allows only %lld in all",
             static_cast<long long>(1 + n_prompt_frames), static_cast<long long>(params_.max_length),
             static_cast<long long>(limit));
    }
    const uint64_t seed = utterance.seed.value_or(seed_);
    rows_.emplace_back(hparams_, std::move(utterance), limit, seed);
    return n_rows() - 1;
}

const GenerationRow & Generator::row(int32_t index) const {
    if (index < 0 || index >= n_rows()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "row %d does not exist; the generator has %d", index, n_rows());
    }
    return rows_[static_cast<size_t>(index)];
}

DecoderSessionOptions Generator::session_options() const {
    if (rows_.empty()) {
        fail(DIA_STATUS_INVALID_STATE, "no row was added");
    }
    DecoderSessionOptions options;
    options.n_rows = n_rows();
    options.guidance = uses_guidance(params_);
    options.kv_type = params_.kv_type;
    options.n_threads = params_.n_threads;
    options.cancelled = &cancelled_;
    for (const GenerationRow & row : rows_) {
        options.n_positions = std::max(options.n_positions, row.limit() - 1);  // the last one is not fed back
        options.n_prefix = std::max(options.n_prefix, row.prefix());
        options.n_text = std::max(options.n_text, row.n_text());
    }
    return options;
}

void Generator::prefill() {
    require_stage(Stage::kCollecting, "prefill again");
    const DecoderSessionOptions options = session_options();
    throw_if_cancelled();
    stage_ = Stage::kStopped;
    predictor_ = make_predictor_(options);
    prefill_rows();
    stage_ = Stage::kStepping;
}

void Generator::prefill_rows() {
    active_.reserve(rows_.size());
    step_tokens_.reserve(rows_.size() * chosen_.size());
    for (int32_t i = 0; i < n_rows(); ++i) {
        throw_if_cancelled();
        GenerationRow & row = rows_[static_cast<size_t>(i)];
        row.reserve();
        if (row.encoding() != nullptr) {
            predictor_->prefill(i, *row.encoding(), row.tokens());
        } else {
            predictor_->prefill(i, row.input_ids(), row.tokens());
        }
        check_logits(i);
        active_.push_back(i);
    }
    if (params_.keep_scores != 0) {
        scores_.resize(rows_.size());
        for (std::vector<float> & scores : scores_) {
            scores.reserve(chooser_.scores().size());
        }
    }
}

int32_t Generator::step() {
    require_stage(Stage::kStepping, "step");
    if (active_.empty()) {
        return 0;
    }
    throw_if_cancelled();
    stage_ = Stage::kStopped;
    for (const int32_t row : active_) {
        choose_tokens(row);
    }
    drop_ended_rows();
    if (!active_.empty()) {
        run_decoder();
    }
    stage_ = Stage::kStepping;
    return static_cast<int32_t>(active_.size());
}

Place Generator::place_of(int32_t row) const {
    const GenerationRow & state = rows_[static_cast<size_t>(row)];
    Place place;
    place.row = row;
    place.position = state.n_positions();
    place.prefix = state.prefix();
    place.tokens = state.tokens();
    place.may_end = place.position >= params_.min_length && place.position - place.prefix >= params_.min_new_tokens;
    place.seed = state.seed();
    return place;
}

void Generator::choose_tokens(int32_t row) {
    GenerationRow & state = rows_[static_cast<size_t>(row)];
    chooser_.choose(predictor_->logits(row), place_of(row), state.end(), chosen_);
    require_tokens(row);
    if (params_.keep_scores != 0) {
        const span<const float> scores = chooser_.scores();
        scores_[static_cast<size_t>(row)].assign(scores.begin(), scores.end());
    }
    state.append(chosen_);
}

void Generator::require_tokens(int32_t row) const {
    const GenerationRow & state = rows_[static_cast<size_t>(row)];
    for (int32_t channel = 0; channel < n_channels(); ++channel) {
        const auto c = static_cast<size_t>(channel);
        if (chosen_[c] == kNoToken && state.is_free(c)) {
            const char * option = chooser_.emptied_by(channel);
            fail(DIA_STATUS_INVALID_ARGUMENT,
                 "no token is left for channel %d of row %d at position %lld: %s removed the last one", channel,
                 row, static_cast<long long>(state.n_positions()), option == nullptr ? "an option" : option);
        }
    }
}

void Generator::stop_row(int32_t index) {
    row(index);  // throws if there is none
    if (stage_ == Stage::kCollecting) {
        fail(DIA_STATUS_INVALID_STATE, "cannot stop a row before prefill");
    }
    rows_[static_cast<size_t>(index)].stop();
    drop_ended_rows();
}

RowLogits Generator::logits(int32_t index) const {
    require_stage(Stage::kStepping, "copy logits");
    if (!row(index).active()) {
        fail(DIA_STATUS_INVALID_STATE, "row %d has ended; no position follows that logits would be for", index);
    }
    return predictor_->logits(index);
}

span<const float> Generator::scores(int32_t index) const {
    row(index);  // throws if there is none
    if (params_.keep_scores == 0) {
        fail(DIA_STATUS_INVALID_STATE, "the scores are not kept; set keep_scores");
    }
    if (scores_.empty() || scores_[static_cast<size_t>(index)].empty()) {
        fail(DIA_STATUS_INVALID_STATE, "row %d has taken no step yet", index);
    }
    return scores_[static_cast<size_t>(index)];
}

void Generator::drop_ended_rows() {
    const auto ended = [this](int32_t row) { return !rows_[static_cast<size_t>(row)].active(); };
    active_.erase(std::remove_if(active_.begin(), active_.end(), ended), active_.end());
}

void Generator::run_decoder() {
    step_tokens_.clear();
    for (const int32_t row : active_) {
        const span<const int32_t> newest = rows_[static_cast<size_t>(row)].newest_tokens();
        step_tokens_.insert(step_tokens_.end(), newest.begin(), newest.end());
    }
    predictor_->step(active_, step_tokens_);
    for (const int32_t row : active_) {
        check_logits(row);
    }
}

void Generator::check_logits(int32_t row) const {
    require_finite(predictor_->logits(row), n_channels(), place_of(row));
}

}  // namespace dia
