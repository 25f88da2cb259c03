#include "generation/generation_row.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "generation/delay_pattern.h"
#include "model/text_encoding.h"

namespace dia {

namespace {

int64_t prefix_of(span<const int32_t> prompt_codes, const DiaHparams & hparams) {
    return 1 + static_cast<int64_t>(prompt_codes.size() / hparams.delay_pattern.size());
}

}  // namespace

GenerationRow::GenerationRow(const DiaHparams & hparams, Utterance utterance, int64_t limit, uint64_t seed)
    : hparams_(hparams),
      input_ids_(std::move(utterance.input_ids)),
      encoding_(std::move(utterance.encoding)),
      forced_(
          forced_tokens(utterance.prompt_codes, hparams.delay_pattern, hparams.bos_token_id, hparams.pad_token_id)),
      ended_(hparams.delay_pattern.size(), false),
      prefix_(prefix_of(utterance.prompt_codes, hparams)),
      limit_(limit),
      seed_(seed),
      end_(hparams.delay_pattern, hparams.eos_token_id, limit) {
    assert(limit_ > prefix_);
    tokens_.assign(forced_.begin(), forced_.begin() + prefix_ * static_cast<int64_t>(ended_.size()));
}

void GenerationRow::reserve() {
    tokens_.reserve(static_cast<size_t>(limit_) * ended_.size());
}

int64_t GenerationRow::n_text() const noexcept {
    return encoding_ ? encoding_->length : static_cast<int64_t>(input_ids_.size());
}

int64_t GenerationRow::n_positions() const noexcept {
    return static_cast<int64_t>(tokens_.size() / ended_.size());
}

span<const int32_t> GenerationRow::newest_tokens() const {
    return tokens().subspan(tokens_.size() - ended_.size(), ended_.size());
}

// What the prompt and the delay pattern say about the next position; PAD where they leave it open.
int32_t GenerationRow::forced_token(size_t channel) const {
    const size_t place = static_cast<size_t>(n_positions()) * ended_.size() + channel;
    return place < forced_.size() ? forced_[place] : hparams_.pad_token_id;
}

bool GenerationRow::is_free(size_t channel) const {
    return !ended_[channel] && forced_token(channel) == hparams_.pad_token_id;
}

void GenerationRow::append(span<const int32_t> chosen) {
    assert(active() && chosen.size() == ended_.size());
    for (size_t c = 0; c < ended_.size(); ++c) {
        const int32_t given = ended_[c] ? hparams_.pad_token_id : forced_token(c);
        tokens_.push_back(is_free(c) ? chosen[c] : given);
        ended_[c] = ended_[c] || tokens_.back() == hparams_.eos_token_id;
    }
    while (is_frame_complete(tokens_, hparams_.delay_pattern, hparams_.eos_token_id, prefix_, n_frames_)) {
        ++n_frames_;
    }
}

int64_t GenerationRow::copy_frames(int64_t first, span<int32_t> codes) const {
    const size_t n_channels = ended_.size();
    const int64_t count = std::min(n_frames_ - first, static_cast<int64_t>(codes.size() / n_channels));
    for (int64_t i = 0; i < count; ++i) {
        for (size_t c = 0; c < n_channels; ++c) {
            const int64_t position = prefix_ + first + i + hparams_.delay_pattern[c];
            codes[static_cast<size_t>(i) * n_channels + c] =
                tokens_[static_cast<size_t>(position) * n_channels + c];
        }
    }
    return std::max<int64_t>(count, 0);
}

void GenerationRow::stop() noexcept {
    is_stopped_ = is_stopped_ || active();
}

dia_finish_reason GenerationRow::finish_reason() const noexcept {
    if (is_stopped_) {
        return DIA_FINISH_REASON_STOPPED;
    }
    const bool all_ended = std::find(ended_.begin(), ended_.end(), false) == ended_.end();
    if (!all_ended && n_positions() < limit_) {
        return DIA_FINISH_REASON_NONE;
    }
    const bool ended_by_itself = all_ended && end_.position() < end_.forced_position();
    return ended_by_itself ? DIA_FINISH_REASON_END_OF_SPEECH : DIA_FINISH_REASON_LENGTH;
}

}  // namespace dia
