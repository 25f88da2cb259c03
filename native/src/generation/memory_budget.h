// The limit of memory that a model is loaded with (LoadOptions::max_memory): what would exceed it does not begin.
// All that generates with one model is counted together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "generation/memory_estimate.h"
#include "model/model.h"

namespace dia {

// Throws DIA_STATUS_MEMORY_LIMIT, with the numbers, if not even the shortest speech fits into the limit.
std::shared_ptr<const Model> load_model_within_limit(const std::string & path, const LoadOptions & options);

// What a generation takes beside the weights, for as long as this object lives.
class MemoryReservation {
public:
    // Throws DIA_STATUS_MEMORY_LIMIT, with the numbers, if it does not fit into the limit.
    MemoryReservation(std::shared_ptr<const Model> model, const DecoderSessionOptions & options);
    ~MemoryReservation();
    MemoryReservation(const MemoryReservation &) = delete;
    MemoryReservation & operator=(const MemoryReservation &) = delete;

private:
    const std::shared_ptr<const Model> model_;
    int64_t n_bytes_ = 0;
};

}  // namespace dia
