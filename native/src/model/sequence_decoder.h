// Runs the decoder over given tokens of one sequence: teacher forcing, with everything to look at that it computes
// on its way. There is no guidance: the sequence is one branch. H hidden_size, C num_channels, V vocab_size, S
// bytes of the text; n positions of a run, P those of all runs so far.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "backend/backends.h"
#include "dia/dia.h"
#include "model/decoder_run.h"
#include "model/kv_cache.h"
#include "model/text_encoding.h"
#include "support/span.h"

namespace dia {

struct SequenceDecoderOptions {
    int32_t n_threads = 0;             // 0: the physical cores, fewer for a small model
    dia_type kv_type = DIA_TYPE_AUTO;  // as cache_type()
    int64_t max_positions = 0;         // 0: as default_max_positions()
};

struct SequenceInput {
    span<const int32_t> tokens;        // [n][C], as the model sees them: delayed
    span<const int32_t> position_ids;  // [n]; empty: P, P + 1 and so on
    Taps taps;
    bool logits = true;
};

// What one run computed. What was not asked for is empty.
struct SequenceOutputs {
    std::vector<float> logits;                         // [n][C][V]
    std::vector<float> states;                         // [n][H]  normed: what enters the head
    std::vector<std::vector<float>> layer_inputs;      // [n][H] each: what enters each layer
    std::vector<std::vector<float>> self_attentions;   // [heads][n][P] each
    std::vector<std::vector<float>> cross_attentions;  // [heads][n][S] each
};

class SequenceDecoder {
public:
    SequenceDecoder(std::shared_ptr<const TextEncoding> text, const SequenceDecoderOptions & options);
    SequenceDecoder(const SequenceDecoder &) = delete;
    SequenceDecoder & operator=(const SequenceDecoder &) = delete;

    // Throws unless so many positions can follow: so that a count is checked before the tokens are read.
    void require_room(int64_t n_positions) const;

    // Runs the positions behind those of the runs before. A run that throws leaves the decoder as it was, but for
    // the outputs, which are empty then.
    void run(const SequenceInput & input);

    // Forgets all positions but the first ones, and the outputs. Throws if there are fewer.
    void truncate(int64_t n_positions);

    // Of the newest run.
    const SequenceOutputs & outputs() const noexcept { return outputs_; }

    int64_t n_positions() const noexcept { return n_positions_; }
    const Model & model() const noexcept { return *text_->model; }

    // Makes the running call, or the next one, throw DIA_STATUS_CANCELLED. From any thread.
    void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }

private:
    void require_tokens(span<const int32_t> tokens) const;
    void require_finite(span<const float> values, int64_t n, const char * what) const;
    SequenceOutputs run_all(const SequenceInput & input, int64_t n);
    void make_room(int64_t n_positions);
    void prepare(const DecoderShape & shape, const Taps & taps);
    void run_positions(const SequenceInput & input, int64_t first, int64_t count);
    void append_outputs(int64_t first, int64_t count, int64_t n, SequenceOutputs & outputs) const;

    const std::shared_ptr<const TextEncoding> text_;
    const DecoderHparams & hparams_;
    const int64_t max_positions_;
    std::atomic<bool> cancelled_{false};
    const Backends backends_;
    KvCache self_cache_;   // grows with the positions
    KvCache cross_cache_;  // filled by the first run
    bool text_is_read_ = false;
    int64_t n_positions_ = 0;
    std::unique_ptr<DecoderRun> run_;
    SequenceOutputs outputs_;
};

// Positions of a delayed sequence of as many frames as the model was trained for, BOS included.
int64_t default_max_positions(const Model & model);

}  // namespace dia
