// A Hugging Face checkpoint of Dia, and one of DAC, become one GGUF file. Tensors are streamed: memory stays
// under a small multiple of the largest one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "dia/dia.h"

namespace dia {

struct ConvertOptions {
    dia_type type = DIA_TYPE_AUTO;        // Dia's matrices; AUTO: as in the checkpoint
    dia_type codec_type = DIA_TYPE_AUTO;  // DAC's convolutions, F32 or F16; AUTO: as in the checkpoint, BF16 as F32
    std::string model_dir;
    std::string codec_dir;  // empty: no codec
    std::string output_path;
    std::function<bool(int64_t done, int64_t total)> progress;  // bytes; false stops with DIA_STATUS_CANCELLED
};

// Throws Error; then nothing is left behind under output_path.
void convert_checkpoint(const ConvertOptions & options);

}  // namespace dia
