// One row of a generator: its text, the tokens so far, and the bookkeeping of how it ends. C channels, D the
// largest delay; tokens are [position][C], delayed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dia/dia.h"
#include "generation/end_of_speech.h"
#include "gguf/hparams.h"
#include "support/span.h"

namespace dia {

struct TextEncoding;

// What a row speaks.
struct Utterance {
    std::vector<int32_t> input_ids;
    std::shared_ptr<const TextEncoding> encoding;  // of the text, in place of input_ids
    std::vector<int32_t> prompt_codes;             // [frames][C], not delayed; empty for none
    std::optional<uint64_t> seed;                  // nothing: the generator's
};

class GenerationRow {
public:
    // `hparams` must outlive the row. `limit` is the largest number of positions, more than those of the prefix.
    GenerationRow(const DiaHparams & hparams, Utterance utterance, int64_t limit, uint64_t seed);

    // Takes the memory for all positions, so that a step allocates nothing.
    void reserve();

    // Whether the token of a channel at the next position is to be chosen: the channel has not ended, and neither
    // the prompt nor the delay decides.
    bool is_free(size_t channel) const;

    // Adds a position. Where a channel is free, `chosen`, [C], counts. One that has ended gets PAD, and a place
    // that the prompt or the delay decides gets that token.
    void append(span<const int32_t> chosen);

    // Ends the row where it stands, unless it has ended.
    void stop() noexcept;

    span<const int32_t> input_ids() const noexcept { return input_ids_; }
    const TextEncoding * encoding() const noexcept { return encoding_.get(); }  // nullptr: the ids count
    int64_t n_text() const noexcept;                                            // bytes
    span<const int32_t> tokens() const noexcept { return tokens_; }
    span<const int32_t> newest_tokens() const;
    int64_t n_positions() const noexcept;
    int64_t prefix() const noexcept { return prefix_; }
    int64_t limit() const noexcept { return limit_; }
    uint64_t seed() const noexcept { return seed_; }
    EndOfSpeech & end() noexcept { return end_; }

    // Complete frames after the prompt.
    int64_t n_frames() const noexcept { return n_frames_; }

    // Copies as many complete frames from `first` on as fit into `codes`, [count][C]. Returns how many.
    int64_t copy_frames(int64_t first, span<int32_t> codes) const;

    bool active() const noexcept { return finish_reason() == DIA_FINISH_REASON_NONE; }
    dia_finish_reason finish_reason() const noexcept;

private:
    int32_t forced_token(size_t channel) const;

    const DiaHparams & hparams_;
    std::vector<int32_t> input_ids_;
    std::shared_ptr<const TextEncoding> encoding_;
    std::vector<int32_t> forced_;  // [prefix + D][C]; PAD where the model is free
    std::vector<int32_t> tokens_;
    std::vector<bool> ended_;  // [C] whether the channel has given EOS
    int64_t prefix_;
    int64_t limit_;
    int64_t n_frames_ = 0;
    bool is_stopped_ = false;
    uint64_t seed_;
    EndOfSpeech end_;
};

}  // namespace dia
