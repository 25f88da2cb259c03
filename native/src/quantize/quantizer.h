// A GGUF of a model becomes another one with fewer bits. Tensors are streamed: memory stays at a few megabytes
// beside the mapped source.
#pragma once

#include <string>
#include <vector>

#include "quantize/model_writer.h"

namespace dia {

struct QuantizeOptions {
    std::string input_path;
    bool allow_requantize = false;  // of tensors that are quantized already
    WriteOptions write;
};

class Quantizer {
public:
    // Reads and checks the input, and chooses every type. Throws Error.
    explicit Quantizer(const QuantizeOptions & options);
    ~Quantizer();
    Quantizer(const Quantizer &) = delete;
    Quantizer & operator=(const Quantizer &) = delete;

    // What write() writes.
    const std::vector<PlannedTensor> & tensors() const;
    uint64_t n_bytes() const;

    // Throws Error; then nothing is left behind under output_path.
    void write();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dia
