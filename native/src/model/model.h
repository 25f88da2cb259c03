// A loaded model: the numbers of the architecture, the weights, and whatever keeps them alive. Immutable, and
// shared by every generator and codec made from it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "dac/dac_weights.h"
#include "gguf/hparams.h"
#include "model/decoder_weights.h"
#include "model/encoder_weights.h"
#include "model/unconditional.h"
#include "support/file_mapping.h"

namespace dia {

struct Model {
    Hparams hparams;
    EncoderWeights encoder;
    DecoderWeights decoder;
    std::optional<DacWeights> dac;
    Unconditional unconditional;  // filled when first asked for

    std::string description;         // "Dia 1.6B q8_0 + DAC f16"
    int64_t n_parameters = 0;        // values in Dia's tensors
    int64_t codec_n_parameters = 0;  // values in DAC's tensors
    int64_t n_bytes = 0;             // bytes of all loaded tensors

    std::shared_ptr<void> storage;  // tensors' context, buffers and file mapping (gguf/model_loader.cpp)
    std::shared_ptr<const FileMapping> mapping;  // nullptr if the weights are in memory of our own

    // To be called before the weights are touched. Throws DIA_STATUS_IO if their file has become shorter.
    void check_weights() const {
        if (mapping != nullptr) {
            mapping->check_size();
        }
    }
};

struct LoadOptions {
    bool use_mmap = true;
    bool load_codec = true;
    std::function<bool(int64_t done, int64_t total)> progress;  // false stops with DIA_STATUS_CANCELLED
};

// Reads a GGUF (gguf/model_loader.cpp). Throws Error.
std::shared_ptr<const Model> load_model(const std::string & path, const LoadOptions & options);

}  // namespace dia
