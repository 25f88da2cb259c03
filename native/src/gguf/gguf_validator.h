// Reads the directory of a GGUF file before ggml does. ggml's parser aborts on some lies, multiplies sizes that
// overflow, and takes quadratic time for names; a file that passes here holds nothing that it trips over.
#pragma once

#include <cstdint>
#include <string>

#include "support/span.h"

namespace dia {

// Checks the header, every metadata entry and every tensor: counts, lengths, types, names, shapes, alignment, and
// that the data lies in the file without overlap. Throws DIA_STATUS_INVALID_FILE with a message that names the file,
// the entry and what was expected.
void validate_gguf(const std::string & path, span<const uint8_t> file);

}  // namespace dia
