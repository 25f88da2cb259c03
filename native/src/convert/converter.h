// A checkpoint of Dia, of Hugging Face's or TTS.cpp's layout, and one of DAC become one GGUF file. Tensors are
// streamed: memory stays under a small multiple of the largest one.
#pragma once

#include <string>

#include "dia/dia.h"
#include "quantize/model_writer.h"

namespace dia {

struct ConvertOptions {
    dia_checkpoint_format format = DIA_CHECKPOINT_FORMAT_AUTO;
    std::string model_dir;   // the file, if it is TTS.cpp's
    std::string codec_dir;   // empty: no codec, or TTS.cpp's
    std::string model_name;  // empty: the name of the folder model_dir, or the file's own
    WriteOptions write;
};

// What DIA_CHECKPOINT_FORMAT_AUTO means for a path.
dia_checkpoint_format checkpoint_format_of(const std::string & model_dir);

// Throws Error; then nothing is left behind under output_path.
void convert_checkpoint(const ConvertOptions & options);

}  // namespace dia
