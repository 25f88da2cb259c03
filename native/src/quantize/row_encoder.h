// Rows of F32 values as one of the types that tensors are stored as, on several threads.
#pragma once

#include <cstdint>

#include "dia/dia.h"
#include "support/span.h"

namespace dia {

// `values` are whole rows of `row_size`, finite and within the type's range; `row_size` is a multiple of its block.
// importance [row_size], or empty: how much an error in each column matters. The result does not depend on the
// threads.
void encode_rows(dia_type type, span<const float> values, int64_t row_size, span<const float> importance,
                 span<uint8_t> encoded, int32_t n_threads);

}  // namespace dia
