// dia_memory_estimate of dia.h.
#pragma once

#include <cstdint>

#include "dia/dia.h"
#include "generation/memory_estimate.h"

namespace dia {

// Throws DIA_STATUS_INVALID_ARGUMENT if there is no such device.
dia_memory_estimate memory_struct(const MemoryEstimate & estimate, int32_t device);

}  // namespace dia
