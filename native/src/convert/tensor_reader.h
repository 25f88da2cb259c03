// Reads one tensor of a GGUF from the checkpoint tensors that it is made of, a few slices at a time: joins fused
// ones, lays transposed convolutions out anew, folds weight normalisation, and turns every type into F32.
#pragma once

#include <string>
#include <vector>

#include "convert/checkpoint.h"
#include "gguf/tensor_names.h"
#include "support/span.h"

namespace dia {

class TensorReader {
public:
    // Finds the sources and compares shapes and types. Throws DIA_STATUS_INVALID_FILE, naming the tensor, what was
    // expected and what was found. `checkpoint` must outlive the reader.
    TensorReader(const Checkpoint & checkpoint, const TensorEntry & entry);
    TensorReader(const TensorReader &) = delete;
    TensorReader & operator=(const TensorReader &) = delete;

    // A slice is one step of the tensor's slowest size: a row of a matrix, an output channel of a convolution.
    int64_t n_slices() const { return entry_.shape.back(); }
    int64_t slice_elements() const { return entry_.n_elements() / n_slices(); }

    // The type of the sources; F32 if they differ.
    dia_type source_type() const;

    // Reads `count` slices. Throws DIA_STATUS_INVALID_FILE for a value that is not finite.
    void read(int64_t first, int64_t count, span<float> values) const;

    // The checkpoint's names that the tensor is made of.
    std::vector<std::string> source_names() const;

private:
    // One source: plain weights, or direction and length of a normalised one.
    struct Part {
        const SafetensorsTensor * weights;
        const SafetensorsTensor * lengths;  // nullptr for plain weights
        std::vector<float> scales;          // length / norm for each step of the checkpoint's slowest size
        int64_t n_slices;
    };

    void add_part(const TensorSource & source);
    bool add_normalised_part(const TensorSource & source);
    const SafetensorsTensor * find(const std::string & name, const std::vector<int64_t> & shape) const;
    std::vector<float> scales_of(const SafetensorsTensor & lengths, const SafetensorsTensor & directions) const;
    void read_elements(const SafetensorsTensor & tensor, int64_t first, span<float> values) const;
    void read_slices(const Part & part, int64_t first, int64_t count, span<float> values) const;
    void read_transposed(const Part & part, int64_t first, int64_t count, span<float> values) const;
    void check_finite(const Part & part, span<const float> values) const;

    const Checkpoint & checkpoint_;
    const TensorEntry & entry_;
    std::vector<Part> parts_;
};

}  // namespace dia
