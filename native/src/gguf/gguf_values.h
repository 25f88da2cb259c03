// The values of a tensor in a GGUF file as numbers, whatever type they are stored as.
#pragma once

#include <cstdint>

#include "gguf/gguf_file.h"
#include "support/span.h"

namespace dia {

// Reads `count` of the tensor's `n_slices` equal slices (rows of a matrix, say) as F32; `file` is its file, for
// messages. A slice is a whole number of blocks. Throws DIA_STATUS_INVALID_FILE for a value that is not finite.
void read_slices(const GgufFile & file, const GgufTensor & tensor, int64_t n_slices, int64_t first, int64_t count,
                 span<float> values);

}  // namespace dia
