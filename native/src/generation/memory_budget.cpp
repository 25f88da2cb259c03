#include "generation/memory_budget.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "support/error.h"

namespace dia {

namespace {

// "1.87 GB"
std::string gigabytes(int64_t n_bytes) {
    char text[32];
    const bool is_small = n_bytes < 100'000'000;
    std::snprintf(text, sizeof(text), is_small ? "%.2f MB" : "%.2f GB",
                  static_cast<double>(n_bytes) / (is_small ? 1e6 : 1e9));
    return text;
}

// "1.87 GB of weights, 94.00 MB of caches, ..."
std::string itemised(const MemoryEstimate & estimate) {
    return gigabytes(estimate.weights) + " of weights, " + gigabytes(estimate.self_cache + estimate.cross_cache) +
           " of caches, " + gigabytes(std::max({estimate.encoder, estimate.prefill, estimate.step})) +
           " of buffers, " + gigabytes(estimate.codec) + " of the codec, " +
           gigabytes(estimate.audio + estimate.other) + " of audio and tokens, " + gigabytes(estimate.process) +
           " of the process itself";
}

// A frame of audio for a byte of text.
DecoderSessionOptions shortest_speech(const Model & model) {
    DecoderSessionOptions options;
    options.n_text = 1;
    options.n_positions = options.n_prefix + model.hparams.dia.max_delay() + 1;
    return options;
}

}  // namespace

std::shared_ptr<const Model> load_model_within_limit(const std::string & path, const LoadOptions & options) {
    if (options.max_memory > 0) {
        LoadOptions measured = options;
        measured.only_measure = true;
        measured.progress = nullptr;
        const auto model = load_model(path, measured);
        const MemoryEstimate estimate = estimate_memory(model, shortest_speech(*model));
        if (estimate.total() > options.max_memory) {
            fail(DIA_STATUS_MEMORY_LIMIT,
                 "%s: the shortest speech needs %s of memory, but max_memory is %s: %s. Fewer bits per value need "
                 "less",
                 path.c_str(), gigabytes(estimate.total()).c_str(), gigabytes(options.max_memory).c_str(),
                 itemised(estimate).c_str());
        }
    }
    return load_model(path, options);
}

MemoryReservation::MemoryReservation(std::shared_ptr<const Model> model, const DecoderSessionOptions & options)
    : model_(std::move(model)) {
    if (model_->max_memory == 0) {
        return;
    }
    const MemoryEstimate estimate = estimate_memory(model_, options);
    const int64_t n_bytes = estimate.of_generation();
    const int64_t others = model_->reserved_n_bytes.fetch_add(n_bytes);
    const int64_t total = estimate.total_streaming() + others;
    if (total > model_->max_memory) {
        model_->reserved_n_bytes.fetch_sub(n_bytes);
        fail(DIA_STATUS_MEMORY_LIMIT,
             "this generation needs %s of memory, but max_memory is %s: %s, %s of other generations. A lower limit "
             "of the "
             "length, fewer rows at a time and caches in Q8_0 need less",
             gigabytes(total).c_str(), gigabytes(model_->max_memory).c_str(), itemised(estimate).c_str(),
             gigabytes(others).c_str());
    }
    n_bytes_ = n_bytes;
}

MemoryReservation::~MemoryReservation() {
    model_->reserved_n_bytes.fetch_sub(n_bytes_);
}

}  // namespace dia
