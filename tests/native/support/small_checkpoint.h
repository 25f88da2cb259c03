// A checkpoint of Dia and DAC with few and odd dimensions, made up on the spot: the folders dia/ and dac/ in the
// hub's layout. Tests change what they like before it is written.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gguf/hparams.h"
#include "temporary_folder.h"

namespace dia::testing {

// One tensor of a safetensors file.
struct RawTensor {
    std::string type = "F32";
    std::vector<int64_t> shape;
    std::string bytes;
};
using RawTensors = std::map<std::string, RawTensor>;

// The file's bytes.
std::string safetensors_of(const RawTensors & tensors);

RawTensor raw_floats(const std::vector<int64_t> & shape, const std::vector<float> & values);

// Dimensions that differ wherever they may.
Hparams small_hparams();

struct SmallCheckpoint {
    explicit SmallCheckpoint(const Hparams & hparams = small_hparams());

    nlohmann::json config;        // dia/config.json
    nlohmann::json codec_config;  // dac/config.json
    RawTensors tensors;           // dia/model.safetensors; values within 0.5 of 0
    RawTensors codec_tensors;     // dac/model.safetensors

    // Writes both folders into `folder`.
    void write(const TemporaryFolder & folder) const;
};

// Converts the folders dia/ and dac/ in `folder`; returns the path of the GGUF, out.gguf there.
std::string convert_small(const TemporaryFolder & folder);

}  // namespace dia::testing
