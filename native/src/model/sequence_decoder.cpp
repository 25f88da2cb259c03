#include "model/sequence_decoder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "backend/cpu_topology.h"
#include "model/layers.h"
#include "model/model.h"
#include "support/error.h"

namespace dia {

namespace {

// Positions that the cache has room for at first.
constexpr int64_t kLeastCapacity = 256;

int64_t require_max_positions(int64_t max_positions, const Model & model) {
    if (max_positions < 0 || max_positions > kMaxCachedPositions) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "max_positions is %lld, expected 0 to %lld",
             static_cast<long long>(max_positions), static_cast<long long>(kMaxCachedPositions));
    }
    return max_positions > 0 ? max_positions : default_max_positions(model);
}

void append(std::vector<float> & values, const ggml_tensor * tensor) {
    const std::vector<float> more = floats_of(tensor);
    values.insert(values.end(), more.begin(), more.end());
}

// The rows of queries `first` to `first + count - 1` of all heads, each of which attends to the first keys alone.
// weights [heads][count][keys]; `all` [heads][n][row_size]
void copy_attention(const ggml_tensor * weights, int64_t first, int64_t count, int64_t n, int64_t row_size,
                    std::vector<float> & all) {
    const int64_t n_keys = weights->ne[0];
    const int64_t n_heads = ggml_nelements(weights) / (n_keys * count);
    all.resize(static_cast<size_t>(n_heads * n * row_size));
    const std::vector<float> values = floats_of(weights);
    const float * row = values.data();
    for (int64_t head = 0; head < n_heads; ++head) {
        for (int64_t t = first; t < first + count; ++t) {
            std::copy(row, row + n_keys, all.begin() + (head * n + t) * row_size);
            row += n_keys;
        }
    }
}

}  // namespace

int64_t default_max_positions(const Model & model) {
    return model.hparams.dia.decoder.max_position_embeddings + model.hparams.dia.max_delay() + 1;
}

SequenceDecoder::SequenceDecoder(std::shared_ptr<const TextEncoding> text, const SequenceDecoderOptions & options)
    : text_(std::move(text)),
      hparams_(model().hparams.dia.decoder),
      max_positions_(require_max_positions(options.max_positions, model())),
      backends_(model().placement.devices(),
                resolve_thread_count(require_thread_count(options.n_threads), model().n_parameters),
                unless(&cancelled_)),
      self_cache_(model().placement.of_layers(), hparams_.num_key_value_heads, hparams_.head_dim,
                  std::min(kLeastCapacity, max_positions_), 1, cache_type(options.kv_type, model())),
      cross_cache_(model().placement.of_layers(), hparams_.cross_num_key_value_heads, hparams_.cross_head_dim,
                   text_->length, 1, cache_type(options.kv_type, model())) {}

void SequenceDecoder::require_room(int64_t n_positions) const {
    if (n_positions < 1) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "n_positions is %lld, expected at least 1",
             static_cast<long long>(n_positions));
    }
    if (n_positions > max_positions_ - n_positions_) {
        fail(DIA_STATUS_INVALID_ARGUMENT,
             "%lld positions behind the %lld of earlier runs; max_positions allows %lld in all",
             static_cast<long long>(n_positions), static_cast<long long>(n_positions_),
             static_cast<long long>(max_positions_));
    }
}

void SequenceDecoder::require_tokens(span<const int32_t> tokens) const {
    const auto C = static_cast<size_t>(hparams_.num_channels);
    if (tokens.size() % C != 0) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%zu tokens are no whole positions of %zu channels", tokens.size(), C);
    }
    for (size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i] < 0 || tokens[i] >= hparams_.vocab_size) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "the token of position %zu, channel %zu is %d, expected 0 to %d",
                 i / C, i % C, tokens[i], hparams_.vocab_size - 1);
        }
    }
}

void SequenceDecoder::require_finite(span<const float> values, int64_t n, const char * what) const {
    const auto bad = std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
    if (bad != values.end()) {
        const int64_t width = static_cast<int64_t>(values.size()) / n;
        fail(DIA_STATUS_NOT_A_NUMBER, "the decoder computed a NaN or an infinity in the %s of position %lld", what,
             static_cast<long long>(n_positions_ + (bad - values.begin()) / width));
    }
}

void SequenceDecoder::run(const SequenceInput & input) {
    const int64_t n = static_cast<int64_t>(input.tokens.size()) / hparams_.num_channels;
    require_tokens(input.tokens);
    require_room(n);
    if (!input.position_ids.empty()) {
        check_position_ids(input.position_ids, static_cast<size_t>(n));
    }
    outputs_ = {};
    if (cancelled_.exchange(false)) {
        fail(DIA_STATUS_CANCELLED, "cancelled");
    }
    try {
        outputs_ = run_all(input, n);
    } catch (const Error & error) {
        if (error.status() == DIA_STATUS_CANCELLED) {
            cancelled_.store(false);
        }
        throw;
    }
    n_positions_ += n;
}

void SequenceDecoder::truncate(int64_t n_positions) {
    if (n_positions < 0 || n_positions > n_positions_) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "n_positions is %lld, expected 0 to %lld",
             static_cast<long long>(n_positions), static_cast<long long>(n_positions_));
    }
    n_positions_ = n_positions;
    outputs_ = {};
}

SequenceOutputs SequenceDecoder::run_all(const SequenceInput & input, int64_t n) {
    if (!text_is_read_) {
        fill_cross_cache(model(), backends_, text_->states, cross_cache_, 0);
        text_is_read_ = true;
    }
    make_room(n_positions_ + n);
    SequenceOutputs outputs;
    for (int64_t first = 0; first < n; first += kRunPositions) {
        const int64_t count = std::min(kRunPositions, n - first);
        run_positions(input, first, count);
        append_outputs(first, count, n, outputs);
    }
    if (!run_->shape().is_step()) {
        run_.reset();  // unlike a step, it is not likely to come again
    }
    require_finite(outputs.states, n, "states");
    require_finite(outputs.logits, n, "logits");
    return outputs;
}

// Doubles the cache, so that one position after the other does not copy it each time.
void SequenceDecoder::make_room(int64_t n_positions) {
    if (n_positions <= self_cache_.capacity()) {
        return;
    }
    run_.reset();  // its tensors are those of the cache
    const int64_t doubled = std::min(2 * self_cache_.capacity(), max_positions_);
    self_cache_.grow(std::max(n_positions, doubled), n_positions_);
}

// Builds a graph, unless the last one serves again.
void SequenceDecoder::prepare(const DecoderShape & shape, const Taps & taps) {
    if (run_ && run_->serves(shape, taps)) {
        return;
    }
    run_.reset();
    run_ = std::make_unique<DecoderRun>(model(), shape, DecoderCaches{self_cache_, cross_cache_},
                                        std::vector<ggml_tensor *>(), nullptr, taps);
}

void SequenceDecoder::run_positions(const SequenceInput & input, int64_t first, int64_t count) {
    const auto C = static_cast<size_t>(hparams_.num_channels);
    const int64_t n_before = n_positions_ + first;
    DecoderShape shape;
    shape.n_positions = count;
    shape.attention_weights = input.taps.attentions;
    shape.all_positions = true;
    shape.with_logits = input.logits;
    shape.n_cached = n_before + count;
    shape.n_text = text_->length;
    prepare(shape, input.taps);

    for (int64_t t = 0; t < count; ++t) {
        const auto i = static_cast<size_t>(first + t);
        run_->set_position(0, t, n_before + t, input.tokens.subspan(i * C, C));
        if (!input.position_ids.empty()) {
            run_->set_position_id(0, t, input.position_ids[i]);
        }
    }
    run_->set_text_length(0, text_->length);
    run_->compute(backends_);
}

// Appends what the graph of positions `first` to `first + count - 1` computed, of `n` in all.
void SequenceDecoder::append_outputs(int64_t first, int64_t count, int64_t n, SequenceOutputs & outputs) const {
    const DecoderTensors & tensors = run_->tensors();
    append(outputs.states, tensors.normed_states);
    if (tensors.logits != nullptr) {
        append(outputs.logits, tensors.logits);
    }
    const size_t n_layers = tensors.layer_inputs.size();
    if (run_->taps().hidden_states) {
        outputs.layer_inputs.resize(n_layers);
        for (size_t layer = 0; layer < n_layers; ++layer) {
            append(outputs.layer_inputs[layer], tensors.layer_inputs[layer]);
        }
    }
    if (run_->taps().attentions) {
        outputs.self_attentions.resize(n_layers);
        outputs.cross_attentions.resize(n_layers);
        for (size_t layer = 0; layer < n_layers; ++layer) {
            copy_attention(tensors.self_attentions[layer], first, count, n, n_positions_ + n,
                           outputs.self_attentions[layer]);
            copy_attention(tensors.cross_attentions[layer], first, count, n, text_->length,
                           outputs.cross_attentions[layer]);
        }
    }
}

}  // namespace dia
