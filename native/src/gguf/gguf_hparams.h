// Hyper-parameters as metadata of a GGUF: the same table (gguf/hparams_table.h) reads and writes them.
#pragma once

#include "gguf/gguf_file.h"
#include "gguf/hparams.h"

namespace dia {

constexpr const char * kArchitecture = "dia";
constexpr int32_t kFormatVersion = 1;  // of the layout that docs/gguf-format.md describes

// Throws DIA_STATUS_UNSUPPORTED for another architecture or version of the format, and DIA_STATUS_INVALID_FILE for
// a key that is missing, of another type, or out of range. Nothing but validated numbers come back.
Hparams read_hparams(const GgufFile & file);

// Sets the dia.* and dac.* keys.
void write_hparams(const Hparams & hparams, gguf_context * file);

// How many parameters a model has, for people: "1.6B", "1.4M".
std::string size_label(int64_t n_parameters);

}  // namespace dia
