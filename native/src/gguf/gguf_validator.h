// Reads the directory of a GGUF file before ggml does. ggml's parser aborts on some lies, multiplies sizes that
// overflow, and takes quadratic time for names; a file that passes here holds nothing that it trips over.
#pragma once

#include <cstdint>
#include <vector>

#include "support/input_file.h"

namespace dia {

// Reads the directory, which is all that stands before the data of the tensors, and checks it: counts, lengths,
// types, names, shapes, alignment, and that the data lies in the file without overlap. Throws
// DIA_STATUS_INVALID_FILE with a message that names the file, the entry and what was expected, or DIA_STATUS_IO.
// What is returned is what was checked, whatever happens to the file meanwhile.
std::vector<uint8_t> read_gguf_directory(const InputFile & file);

}  // namespace dia
