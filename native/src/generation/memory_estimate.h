// What a generation and the decoding of its audio take of the memory, from the shapes of a model alone: graphs and
// caches are those of the real run, measured and not taken.
#pragma once

#include <cstdint>
#include <memory>

#include "backend/device.h"
#include "model/decoder_session.h"

namespace dia {

struct Model;

// Bytes at the peak; dia_memory_estimate of dia.h describes them.
struct MemoryEstimate {
    bool weights_mapped = false;
    int64_t weights = 0;
    int64_t late_weights = 0;  // of these, those that become resident when the codec first decodes
    int64_t self_cache = 0;
    int64_t cross_cache = 0;
    int64_t encoder = 0;
    int64_t prefill = 0;
    int64_t step = 0;
    int64_t codec = 0;
    int64_t audio = 0;
    int64_t other = 0;
    int64_t process = 0;

    // What every generation takes for itself, its audio included.
    int64_t of_generation() const;

    // Of the first speech, if the generator is freed before the codec decodes.
    int64_t total() const;

    // Of any speech, if the codec decodes beside the steps.
    int64_t total_streaming() const;
};

// Throws DIA_STATUS_INVALID_ARGUMENT for caches that the model cannot have, DIA_STATUS_OUT_OF_MEMORY for such that
// no address space holds. `options` state all their sizes. Of a model on a GPU, `device` tells whose part is meant:
// what the process takes, or the GPU.
MemoryEstimate estimate_memory(const std::shared_ptr<const Model> & model, const DecoderSessionOptions & options,
                               Device device = {});

}  // namespace dia
