// A Hugging Face checkpoint of Dia, and one of DAC, become one GGUF file. Tensors are streamed: memory stays
// under a small multiple of the largest one.
#pragma once

#include <string>

#include "quantize/model_writer.h"

namespace dia {

struct ConvertOptions {
    std::string model_dir;
    std::string codec_dir;   // empty: no codec
    std::string model_name;  // empty: the name of the folder model_dir
    WriteOptions write;
};

// Throws Error; then nothing is left behind under output_path.
void convert_checkpoint(const ConvertOptions & options);

}  // namespace dia
