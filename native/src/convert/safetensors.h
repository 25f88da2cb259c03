// Reads safetensors files: a JSON header and raw little-endian data, memory-mapped. Untrusted input: every
// offset, shape and type is checked when the file is opened.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/span.h"

namespace dia {

enum class SafetensorsType { F32, F16, BF16, I32, I64, other };

struct SafetensorsTensor {
    std::string name;
    SafetensorsType type = SafetensorsType::other;
    std::string type_name;       // as the file spells it: "F32", "BF16", ...
    std::vector<int64_t> shape;  // row-major, slowest first
    span<const uint8_t> data;    // into the mapping; lives as long as the file

    int64_t n_elements() const;
};

class SafetensorsFile {
public:
    // Throws DIA_STATUS_IO or DIA_STATUS_INVALID_FILE with a message that names the file and the tensor.
    explicit SafetensorsFile(const std::string & path);

    const std::vector<SafetensorsTensor> & tensors() const { return tensors_; }

    // nullptr if there is no such tensor.
    const SafetensorsTensor * find(const std::string & name) const;

    const std::string & path() const { return path_; }

private:
    std::string path_;
    std::vector<SafetensorsTensor> tensors_;  // ordered by name
    std::shared_ptr<const void> mapping_;
};

}  // namespace dia
