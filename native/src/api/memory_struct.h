// dia_memory_estimate of dia.h.
#pragma once

#include <cstdint>
#include <memory>

#include "dia/dia.h"
#include "generation/memory_estimate.h"

namespace dia {

// The part of a device in what speaking takes. Throws DIA_STATUS_INVALID_ARGUMENT if there is no such device.
dia_memory_estimate memory_struct(const std::shared_ptr<const Model> & model, const DecoderSessionOptions & options,
                                  int32_t device);

}  // namespace dia
