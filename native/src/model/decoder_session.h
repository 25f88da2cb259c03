// Runs the model for one generator: encodes texts, holds the caches, and turns positions of tokens into
// logits. Rows (utterances) are independent: a row's logits are the same bits whether it runs alone or with
// others, and whatever the number of threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "backend/backend.h"
#include "dia/dia.h"
#include "support/span.h"

namespace dia {

struct Model;
struct TextEncoding;

struct DecoderSessionOptions {
    int32_t n_rows = 1;                             // utterances
    int64_t n_positions = 0;                        // positions that the caches must hold, per row
    int64_t n_prefix = 1;                           // of these, the most that a prefix has
    int64_t n_text = 0;                             // most bytes of a text; 0: the cache grows with the texts
    bool guidance = true;                           // run the unconditional branch beside each row
    dia_type kv_type = DIA_TYPE_AUTO;               // as cache_type()
    int32_t n_threads = 0;                          // 0: the physical cores, fewer for a small model
    const std::atomic<bool> * cancelled = nullptr;  // looked at between graph nodes
    ProductObserver observer;                       // sees every product, if given
};

// Logits of one position of one row, [channel][token] flat.
struct RowLogits {
    span<const float> conditional;
    span<const float> unconditional;  // empty without guidance
};

// Logits of every position of a prefix, [position][channel][token] flat.
struct PrefixLogits {
    std::vector<float> conditional;
    std::vector<float> unconditional;  // empty without guidance
};

class DecoderSession {
public:
    DecoderSession(std::shared_ptr<const Model> model, const DecoderSessionOptions & options);
    ~DecoderSession();
    DecoderSession(const DecoderSession &) = delete;
    DecoderSession & operator=(const DecoderSession &) = delete;

    // Encodes a text and runs the decoder over the row's prefix. Call once for every row, in order, before the
    // first step. `prefix` is [n][num_channels], delayed, as the model sees it. Afterwards logits(row) holds the
    // prediction for position n.
    void prefill(int32_t row, span<const int32_t> input_ids, span<const int32_t> prefix);

    // The same with a text that is encoded already. Throws if another model encoded it.
    void prefill(int32_t row, const TextEncoding & text, span<const int32_t> prefix);

    // The same as the first, and returns the logits of every position of the prefix: teacher forcing.
    PrefixLogits prefill_logits(int32_t row, span<const int32_t> input_ids, span<const int32_t> prefix);

    // Runs one position for each of `rows` (distinct, any subset): `tokens` is [rows.size()][num_channels].
    void step(span<const int32_t> rows, span<const int32_t> tokens);

    // Places every row, once it has had its prefix, behind a past of zeros: a step there takes as long as after a
    // real one. For measuring.
    void place_at(int64_t n_positions);

    // The logits after the row's newest position; valid until the next prefill or step.
    RowLogits logits(int32_t row) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dia
