// A row of the table of tensors (gguf/tensor_names.h) found in a file.
#pragma once

#include "gguf/gguf_file.h"
#include "gguf/tensor_names.h"

namespace dia {

// The file's tensor of that name. Throws DIA_STATUS_INVALID_FILE unless it is there, with the shape of the entry
// and a type that its role may have. Borrowed from the file.
const GgufTensor & find_model_tensor(const GgufFile & file, const TensorEntry & entry);

}  // namespace dia
