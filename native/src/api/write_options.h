// The types of tensors as a caller of dia.h states them.
#pragma once

#include <cstdint>

#include "dia/dia.h"
#include "quantize/type_plan.h"

namespace dia {

// Any number may stand in an enumeration of a caller's structure.
dia_type type_of(const dia_type & type, const char * name);
dia_mix mix_of(const dia_mix & mix);

std::vector<TypeOverride> overrides_of(const dia_type_override * overrides, int64_t n_overrides);

}  // namespace dia
