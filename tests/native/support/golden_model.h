// The checkpoint of a golden set, converted and loaded.
#pragma once

#include <memory>

#include "dia/dia.h"
#include "golden_set.h"
#include "model/model.h"

namespace dia::testing {

// Once per set and type and process.
std::shared_ptr<const Model> golden_model(const GoldenSet & set, dia_type type);

}  // namespace dia::testing
