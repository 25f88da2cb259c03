// Makes the GGUF of a model whose weights are random: nobody needs a checkpoint to measure speed and memory. A
// weight depends on the seed, the tensor's name and its place in it, and on nothing else.
#pragma once

#include <cstdint>
#include <string>

#include "quantize/model_writer.h"

namespace dia {

struct SynthesisOptions {
    std::string preset;  // synthesis/preset.h
    uint64_t seed = 0;
    WriteOptions write;  // types as of a source of BF16 matrices and F32 convolutions, like the published one
};

// Throws Error; then nothing is left behind under output_path.
void synthesize_model(const SynthesisOptions & options);

}  // namespace dia
