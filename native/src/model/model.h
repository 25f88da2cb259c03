// A loaded model: the numbers of the architecture, the weights, and whatever keeps them alive. Immutable, and
// shared by every generator and codec made from it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "backend/device.h"
#include "dac/dac_weights.h"
#include "gguf/hparams.h"
#include "model/decoder_weights.h"
#include "model/encoder_weights.h"
#include "model/placement.h"
#include "model/unconditional.h"
#include "support/file_mapping.h"

namespace dia {

struct Model {
    Hparams hparams;
    EncoderWeights encoder;
    DecoderWeights decoder;
    std::optional<DacWeights> dac;
    Unconditional unconditional;  // filled when first asked for
    Placement placement;          // of the weights, and of what computes with them

    std::string description;            // "Dia 1.6B q8_0 + DAC f16"
    int64_t n_parameters = 0;           // values in Dia's tensors
    int64_t codec_n_parameters = 0;     // values in DAC's tensors
    int64_t n_bytes = 0;                // bytes of all loaded tensors
    int64_t gpu_n_bytes = 0;            // of these, those that a GPU holds
    int64_t codec_n_bytes = 0;          // bytes of DAC's tensors
    int64_t codec_encoder_n_bytes = 0;  // of these, those of its encoder, which only audio prompts need

    std::shared_ptr<void> storage;  // tensors' context, buffers and file mapping (gguf/model_loader.cpp)
    std::shared_ptr<const FileMapping> mapping;  // nullptr if the weights are in memory of our own
    bool weights_mapped = false;                 // as LoadOptions ask for, also where they were only measured

    int64_t process_n_bytes = 0;  // what the process held beside this library when loading began
    int64_t max_memory = 0;       // bytes; 0: no limit
    mutable std::atomic<int64_t> reserved_n_bytes{0};  // by those that generate (generation/memory_budget.h)

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
    Device device;
    int32_t n_gpu_layers = INT32_MAX;  // as Placement has them
    int64_t max_memory = 0;            // kept in the model, for generation/memory_budget.h
    bool only_measure = false;         // reads no weights: for estimates, nothing can be computed with the model
    std::function<bool(int64_t done, int64_t total)> progress;  // false stops with DIA_STATUS_CANCELLED
};

// Reads a GGUF (gguf/model_loader.cpp). Throws Error.
std::shared_ptr<const Model> load_model(const std::string & path, const LoadOptions & options);

}  // namespace dia
