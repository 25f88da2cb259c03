// The checkpoint of a golden set, converted and loaded.
#pragma once

#include <memory>

#include "backend/device.h"
#include "dia/dia.h"
#include "golden_set.h"
#include "model/model.h"

namespace dia::testing {

// Once per set, type and device and process.
std::shared_ptr<const Model> golden_model(const GoldenSet & set, dia_type type, Device device = {});

}  // namespace dia::testing
