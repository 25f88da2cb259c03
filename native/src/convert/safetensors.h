// Reads safetensors files: a JSON header and raw little-endian data. Untrusted input: every offset, shape and type
// is checked when the file is opened.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/input_file.h"
#include "support/span.h"

namespace dia {

enum class SafetensorsType { F32, F16, BF16, I32, I64, other };

struct SafetensorsTensor {
    std::string name;
    SafetensorsType type = SafetensorsType::other;
    std::string type_name;       // as the file spells it: "F32", "BF16", ...
    std::vector<int64_t> shape;  // row-major, slowest first
    uint64_t offset = 0;         // bytes from the start of the file
    uint64_t n_bytes = 0;

    int64_t n_elements() const;
};

class SafetensorsFile {
public:
    // Throws DIA_STATUS_IO or DIA_STATUS_INVALID_FILE with a message that names the file and the tensor.
    explicit SafetensorsFile(const std::string & path);

    const std::vector<SafetensorsTensor> & tensors() const { return tensors_; }

    // nullptr if there is no such tensor.
    const SafetensorsTensor * find(const std::string & name) const;

    // Reads bytes of a tensor, from `first` on. Throws DIA_STATUS_IO.
    void read(const SafetensorsTensor & tensor, uint64_t first, span<uint8_t> bytes) const {
        file_.read(tensor.offset + first, bytes);
    }

    std::vector<uint8_t> read_all(const SafetensorsTensor & tensor) const {
        return file_.read_bytes(tensor.offset, tensor.n_bytes);
    }

    const std::string & path() const { return file_.path(); }

private:
    InputFile file_;
    std::vector<SafetensorsTensor> tensors_;  // ordered by name
};

}  // namespace dia
