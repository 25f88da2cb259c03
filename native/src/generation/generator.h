// Turns scripts into codes, one position at a time: rows are added, prefilled, then stepped until each has ended.
// Between any two calls the frames that are complete can be copied, which is what streaming stands on.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dia/dia.h"
#include "generation/generation_row.h"
#include "generation/length_limit.h"
#include "generation/predictor.h"
#include "generation/token_chooser.h"
#include "gguf/hparams.h"
#include "support/span.h"

namespace dia {

class Generator {
public:
    // `rate` is nothing for a model without codec. Throws DIA_STATUS_INVALID_ARGUMENT if `params` are out of range.
    Generator(const DiaHparams & hparams, std::optional<FrameRate> rate, const dia_generation_params & params,
              PredictorFactory make_predictor);
    Generator(const Generator &) = delete;
    Generator & operator=(const Generator &) = delete;

    // Adds a row before prefill() and returns its index.
    int32_t add_text(std::string_view text);
    int32_t add_utterance(Utterance utterance);

    // Throws unless a text of this many ids can be added: so that a count is checked before the ids are read.
    void require_text_length(int64_t n_input_ids) const;

    // How the rows that were added are run. Throws DIA_STATUS_INVALID_STATE without a row.
    DecoderSessionOptions session_options() const;

    // Encodes the texts and runs the decoder over every row's prefix.
    void prefill();

    // Chooses the tokens of one position for every active row, and runs the decoder over it for those that have not
    // ended with it. Returns how many these are.
    int32_t step();

    // Ends an active row where it stands, after prefill.
    void stop_row(int32_t index);

    // The logits that an active row's next position is chosen from. The unconditional ones are empty without
    // guidance.
    RowLogits logits(int32_t index) const;

    // The scores [C][V] that a row's newest position was chosen from; `params` must ask to keep them.
    span<const float> scores(int32_t index) const;

    // Makes the running call, or the next one, throw DIA_STATUS_CANCELLED. From any thread.
    void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }

    int32_t n_rows() const noexcept { return static_cast<int32_t>(rows_.size()); }

    // Throws DIA_STATUS_INVALID_ARGUMENT if there is no such row.
    const GenerationRow & row(int32_t index) const;

    int32_t n_channels() const noexcept { return hparams_.decoder.num_channels; }

private:
    enum class Stage { kCollecting, kStepping, kStopped };

    void require_stage(Stage stage, const char * action) const;
    void throw_if_cancelled() const;
    void require_input_ids(span<const int32_t> input_ids) const;
    void require_prompt_codes(span<const int32_t> prompt_codes) const;
    void prefill_rows();
    void choose_tokens(int32_t row);
    void require_tokens(int32_t row) const;
    void drop_ended_rows();
    void run_decoder();
    void check_logits(int32_t row) const;
    Place place_of(int32_t row) const;

    const DiaHparams hparams_;
    const std::optional<FrameRate> rate_;
    const dia_generation_params params_;  // without its arrays
    const uint64_t seed_;
    const PredictorFactory make_predictor_;
    std::atomic<bool> cancelled_{false};
    Stage stage_ = Stage::kCollecting;
    std::vector<GenerationRow> rows_;
    std::unique_ptr<Predictor> predictor_;  // from prefill on
    TokenChooser chooser_;
    std::vector<int32_t> chosen_;  // [C]
    std::vector<std::vector<float>>
        scores_;                        // [rows][C][V] if they are kept; a row's is empty before its first step
    std::vector<int32_t> active_;       // indices of the rows that have not ended
    std::vector<int32_t> step_tokens_;  // [active][C]
};

}  // namespace dia
