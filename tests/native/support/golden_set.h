// A folder of golden data: a small checkpoint in the hub's layout (dia/, dac/), and what the reference computes
// on it (golden/manifest.json, golden/*.safetensors). tests/golden/README.md describes the format.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "convert/safetensors.h"

namespace dia::testing {

// One tensor of golden data, in row-major order.
template <typename T>
struct Array {
    std::vector<int64_t> shape;
    std::vector<T> values;
};

class GoldenSet {
public:
    explicit GoldenSet(const std::string & folder);

    // The name of the folder, for messages.
    const std::string & name() const { return name_; }
    std::string model_dir() const { return folder_ + "/dia"; }
    std::string codec_dir() const { return folder_ + "/dac"; }
    std::string golden_dir() const { return folder_ + "/golden"; }

    const nlohmann::json & manifest() const { return manifest_; }

    // The cases of one kind: those of the manifest, then those of the area files, in the files' order.
    std::vector<nlohmann::json> cases(const std::string & kind) const;

    bool has(const nlohmann::json & entry, const std::string & tensor) const;
    Array<float> floats(const nlohmann::json & entry, const std::string & tensor) const;
    Array<int32_t> ints(const nlohmann::json & entry, const std::string & tensor) const;

    // By full name, for files whose tensors are not named after their case.
    Array<float> floats(const std::string & file, const std::string & tensor) const;
    Array<int32_t> ints(const std::string & file, const std::string & tensor) const;

    // The checkpoint as a GGUF of this type, converted once per process and removed at its end.
    // `type` is a dia_type: DIA_TYPE_F32, DIA_TYPE_F16, DIA_TYPE_Q8_0, ...
    std::string gguf(int type) const;

private:
    const SafetensorsFile & opened(const std::string & file) const;
    const SafetensorsTensor & tensor(const std::string & file, const std::string & tensor) const;

    std::string folder_;
    std::string name_;
    nlohmann::json manifest_;
    std::vector<nlohmann::json> cases_;
    mutable std::map<std::string, std::unique_ptr<SafetensorsFile>> files_;
};

// The project's own golden sets, or the folders named in the environment variable DIA_GOLDEN_DIRS, separated
// by colons (semicolons on Windows). Opened once per process.
const std::vector<std::unique_ptr<GoldenSet>> & golden_sets();

}  // namespace dia::testing
