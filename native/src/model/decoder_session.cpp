#include "model/decoder_session.h"

#include <algorithm>
#include <optional>

#include "backend/backends.h"
#include "backend/cpu_topology.h"
#include "backend/graph.h"
#include "model/decoder.h"
#include "model/decoder_run.h"
#include "model/encoder.h"
#include "model/kv_cache.h"
#include "model/layers.h"
#include "model/model.h"
#include "model/row_linear.h"
#include "model/text_encoding.h"
#include "support/error.h"

namespace dia {

namespace {

// Bytes of text that the cross-attention cache has room for before it sees the first text, if nothing is known of
// it.
constexpr int64_t kUnknownTextCapacity = 64;

// Where a row stands.
struct Row {
    int64_t place = 0;        // its place in the caches
    int64_t n_positions = 0;  // 0: not prefilled
    int64_t text_length = 0;
};

}  // namespace

struct DecoderSession::Impl {
    std::shared_ptr<const Model> model;
    const DecoderHparams & hparams;
    const int64_t n_branches;
    const int64_t n_positions;
    const int32_t n_threads;
    const Backends backends;
    KvCache self_cache;   // n_branches slots per place
    KvCache cross_cache;  // one slot per place; grows with the longest text
    std::vector<Row> rows;
    std::vector<size_t> row_at;    // the row at each place
    std::vector<bool> is_stepped;  // scratch of gather()
    RowLinear row_linear;
    const bool is_observed;
    std::unique_ptr<DecoderRun> step_run;
    std::vector<float> logits;  // [row][branch][C * V]

    Impl(std::shared_ptr<const Model> shared_model, const DecoderSessionOptions & options)
        : model(std::move(shared_model)),
          hparams(model->hparams.dia.decoder),
          n_branches(options.guidance ? 2 : 1),
          n_positions(options.n_positions),
          n_threads(resolve_thread_count(options.n_threads, model->n_parameters)),
          backends(model->placement.devices(), n_threads, unless(options.cancelled)),
          self_cache(model->placement.of_layers(), hparams.num_key_value_heads, hparams.head_dim, n_positions,
                     n_branches * options.n_rows, cache_type(options.kv_type, *model)),
          cross_cache(model->placement.of_layers(), hparams.cross_num_key_value_heads, hparams.cross_head_dim,
                      options.n_text > 0 ? options.n_text : kUnknownTextCapacity, options.n_rows,
                      cache_type(options.kv_type, *model)),
          rows(static_cast<size_t>(options.n_rows)),
          row_at(rows.size()),
          is_stepped(rows.size()),
          row_linear(n_threads),
          is_observed(options.observer != nullptr),
          logits(rows.size() * static_cast<size_t>(n_branches) * row_size()) {
        backends.set_observer(options.observer);
        for (size_t row = 0; row < rows.size(); ++row) {
            rows[row].place = static_cast<int64_t>(row);
            row_at[row] = row;
        }
    }

    size_t row_size() const {
        return static_cast<size_t>(hparams.num_channels) * static_cast<size_t>(hparams.vocab_size);
    }

    const std::vector<ggml_tensor *> & unconditional() const {
        static const std::vector<ggml_tensor *> none;
        return n_branches == 2 ? model->unconditional.cross_attention(*model, backends) : none;
    }

    // An observer is shown the products of ggml.
    RowLinear * products() { return is_observed ? nullptr : &row_linear; }

    Row & checked_row(int32_t row) {
        if (row < 0 || static_cast<size_t>(row) >= rows.size()) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "row is %d, expected 0 to %zu", row, rows.size() - 1);
        }
        return rows[static_cast<size_t>(row)];
    }

    void check_tokens(span<const int32_t> tokens) const {
        for (size_t i = 0; i < tokens.size(); ++i) {
            if (tokens[i] < 0 || tokens[i] >= hparams.vocab_size) {
                fail(DIA_STATUS_INVALID_ARGUMENT, "audio token %zu is %d, expected 0 to %d", i, tokens[i],
                     hparams.vocab_size - 1);
            }
        }
    }

    span<const int32_t> tokens_at(span<const int32_t> tokens, int64_t index) const {
        const size_t C = static_cast<size_t>(hparams.num_channels);
        return tokens.subspan(static_cast<size_t>(index) * C, C);
    }

    void prefill_positions(Row & row, span<const int32_t> prefix, int64_t first, int64_t count, PrefixLogits * all);
    void keep_logits(const DecoderRun & run, int64_t first_place);
    void require_prefix(int32_t row, span<const int32_t> prefix);
    void prefill(int32_t row, span<const float> states, span<const int32_t> prefix, PrefixLogits * all);

    void exchange_places(size_t a, size_t b);
    void gather(span<const int32_t> stepped);
    void prepare_step(span<const int32_t> stepped);
    void step(span<const int32_t> stepped, span<const int32_t> tokens);
};

void DecoderSession::Impl::prefill_positions(Row & row, span<const int32_t> prefix, int64_t first, int64_t count,
                                             PrefixLogits * all) {
    DecoderShape shape;
    shape.n_positions = count;
    shape.n_branches = n_branches;
    shape.first_row = row.place;
    shape.all_positions = all != nullptr;
    shape.n_cached = first + count;
    shape.n_text = row.text_length;
    DecoderRun run(*model, shape, {self_cache, cross_cache}, unconditional(), products());
    for (int64_t t = 0; t < count; ++t) {
        run.set_position(0, t, first + t, tokens_at(prefix, first + t));
    }
    run.set_text_length(0, row.text_length);
    run.compute(backends);

    keep_logits(run, row.place);
    if (all != nullptr) {
        const std::vector<float> values = floats_of(run.tensors().logits);
        const auto second = values.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(count) * row_size());
        all->conditional.insert(all->conditional.end(), values.begin(), second);
        all->unconditional.insert(all->unconditional.end(), second, values.end());
    }
}

// Copies the newest logits of the rows of a run, which begin at a place.
void DecoderSession::Impl::keep_logits(const DecoderRun & run, int64_t first_place) {
    const int64_t stride =
        run.shape().all_positions ? run.shape().n_positions : 1;  // columns from one sequence to the next
    for (int64_t sequence = 0; sequence < run.shape().n_sequences(); ++sequence) {
        const size_t row = row_at[static_cast<size_t>(first_place + sequence / n_branches)];
        const int64_t column = sequence * stride + stride - 1;
        const size_t slot = row * static_cast<size_t>(n_branches) + static_cast<size_t>(sequence % n_branches);
        read_floats(run.tensors().logits, column * static_cast<int64_t>(row_size()),
                    {logits.data() + slot * row_size(), row_size()});
    }
}

void DecoderSession::Impl::require_prefix(int32_t row, span<const int32_t> prefix) {
    checked_row(row);
    const int64_t C = hparams.num_channels;
    const int64_t length = static_cast<int64_t>(prefix.size()) / C;
    if (length < 1 || length > n_positions || static_cast<int64_t>(prefix.size()) % C != 0) {
        fail(DIA_STATUS_INVALID_ARGUMENT,
             "the prefix has %zu tokens, expected %lld for each of 1 to %lld positions", prefix.size(),
             static_cast<long long>(C), static_cast<long long>(n_positions));
    }
    check_tokens(prefix);
}

// Reads a text's states [S][E] and runs the decoder over the row's prefix.
void DecoderSession::Impl::prefill(int32_t row_index, span<const float> states, span<const int32_t> prefix,
                                   PrefixLogits * all) {
    Row & row = checked_row(row_index);
    const int64_t length = static_cast<int64_t>(prefix.size()) / hparams.num_channels;
    step_run.reset();  // the caches that it refers to may be replaced
    row.n_positions = 0;
    fill_cross_cache(*model, backends, states, cross_cache, row.place, products());
    row.text_length = static_cast<int64_t>(states.size()) / hparams.cross_hidden_size;
    for (int64_t first = 0; first < length; first += kRunPositions) {
        prefill_positions(row, prefix, first, std::min(kRunPositions, length - first), all);
    }
    row.n_positions = length;
}

void DecoderSession::Impl::exchange_places(size_t a, size_t b) {
    Row & first = rows[row_at[a]];
    Row & second = rows[row_at[b]];
    const int64_t n_written = std::max(first.n_positions, second.n_positions);
    const int64_t n_text = std::max(first.text_length, second.text_length);
    for (int64_t g = 0; g < n_branches; ++g) {
        self_cache.swap_slots(first.place * n_branches + g, second.place * n_branches + g, n_written);
    }
    cross_cache.swap_slots(first.place, second.place, n_text);
    std::swap(first.place, second.place);
    std::swap(row_at[a], row_at[b]);
}

// Brings the rows of a step to the first places, so that one view of the caches holds them all.
void DecoderSession::Impl::gather(span<const int32_t> stepped) {
    is_stepped.assign(rows.size(), false);
    for (const int32_t row : stepped) {
        is_stepped[static_cast<size_t>(row)] = true;
    }
    size_t last = rows.size();
    for (size_t place = 0; place < stepped.size(); ++place) {
        if (is_stepped[row_at[place]]) {
            continue;
        }
        do {
            --last;
        } while (!is_stepped[row_at[last]]);
        exchange_places(place, last);
    }
}

// Builds the step's graph, unless the last one serves again.
void DecoderSession::Impl::prepare_step(span<const int32_t> stepped) {
    DecoderShape shape;
    shape.n_branches = n_branches;
    shape.n_rows = static_cast<int64_t>(stepped.size());
    for (const int32_t index : stepped) {
        const Row & row = rows[static_cast<size_t>(index)];
        shape.n_cached = std::max(shape.n_cached, row.n_positions + 1);
        shape.n_text = std::max(shape.n_text, row.text_length);
    }
    if (!step_run || !step_run->serves(shape)) {
        step_run.reset();
        step_run = std::make_unique<DecoderRun>(*model, shape, DecoderCaches{self_cache, cross_cache},
                                                unconditional(), products());
    }
}

void DecoderSession::Impl::step(span<const int32_t> stepped, span<const int32_t> tokens) {
    const size_t C = static_cast<size_t>(hparams.num_channels);
    if (tokens.size() != stepped.size() * C) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "a step of %zu rows has %zu tokens, expected %zu", stepped.size(),
             tokens.size(), stepped.size() * C);
    }
    check_tokens(tokens);
    for (size_t i = 0; i < stepped.size(); ++i) {
        const Row & row = checked_row(stepped[i]);
        if (row.n_positions == 0) {
            fail(DIA_STATUS_INVALID_STATE, "row %d takes a step before its prefix", stepped[i]);
        }
        if (row.n_positions >= n_positions) {
            fail(DIA_STATUS_INVALID_STATE, "row %d has used all %lld positions of its cache", stepped[i],
                 static_cast<long long>(n_positions));
        }
        if (std::find(stepped.begin(), stepped.begin() + i, stepped[i]) != stepped.begin() + i) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "row %d takes two steps at once", stepped[i]);
        }
    }
    if (stepped.empty()) {
        return;
    }
    gather(stepped);
    prepare_step(stepped);
    for (size_t i = 0; i < stepped.size(); ++i) {
        const Row & row = rows[static_cast<size_t>(stepped[i])];
        step_run->set_position(row.place, 0, row.n_positions, tokens_at(tokens, static_cast<int64_t>(i)));
        step_run->set_text_length(row.place, row.text_length);
    }
    step_run->compute(backends);
    keep_logits(*step_run, 0);
    for (const int32_t index : stepped) {
        ++rows[static_cast<size_t>(index)].n_positions;
    }
}

DecoderSession::DecoderSession(std::shared_ptr<const Model> model, const DecoderSessionOptions & options) {
    if (options.n_rows < 1) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "a session of %d rows, expected at least 1", options.n_rows);
    }
    if (options.n_positions < 1 || options.n_positions > kMaxCachedPositions) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "a session of %lld positions, expected 1 to %lld",
             static_cast<long long>(options.n_positions), static_cast<long long>(kMaxCachedPositions));
    }
    impl_ = std::make_unique<Impl>(std::move(model), options);
}

DecoderSession::~DecoderSession() = default;

void DecoderSession::prefill(int32_t row, span<const int32_t> input_ids, span<const int32_t> prefix) {
    impl_->require_prefix(row, prefix);
    impl_->prefill(row, encode_text(*impl_->model, impl_->backends, input_ids, impl_->products()), prefix, nullptr);
}

void DecoderSession::prefill(int32_t row, const TextEncoding & text, span<const int32_t> prefix) {
    if (text.model != impl_->model) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "the text of row %d was encoded by another model", row);
    }
    impl_->require_prefix(row, prefix);
    impl_->prefill(row, text.states, prefix, nullptr);
}

PrefixLogits DecoderSession::prefill_logits(int32_t row, span<const int32_t> input_ids,
                                            span<const int32_t> prefix) {
    PrefixLogits all;
    impl_->require_prefix(row, prefix);
    impl_->prefill(row, encode_text(*impl_->model, impl_->backends, input_ids, impl_->products()), prefix, &all);
    return all;
}

void DecoderSession::step(span<const int32_t> rows, span<const int32_t> tokens) {
    impl_->step(rows, tokens);
}

void DecoderSession::place_at(int64_t n_positions) {
    if (n_positions < 1 || n_positions >= impl_->n_positions) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "position %lld, expected 1 to %lld", static_cast<long long>(n_positions),
             static_cast<long long>(impl_->n_positions - 1));
    }
    impl_->self_cache.clear();
    for (Row & row : impl_->rows) {
        row.n_positions = n_positions;
    }
}

RowLogits DecoderSession::logits(int32_t row) const {
    const size_t size = impl_->row_size();
    const size_t index = static_cast<size_t>(&impl_->checked_row(row) - impl_->rows.data());
    const float * values = impl_->logits.data() + index * static_cast<size_t>(impl_->n_branches) * size;
    RowLogits result;
    result.conditional = span<const float>(values, size);
    if (impl_->n_branches == 2) {
        result.unconditional = span<const float>(values + size, size);
    }
    return result;
}

}  // namespace dia
