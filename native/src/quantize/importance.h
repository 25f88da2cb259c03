// How much each column of a matrix matters: the mean square of what it is multiplied with, measured while the model
// speaks. The quantizer lets columns that carry more have smaller errors. The file is a GGUF in the layout that
// llama.cpp gives its importance matrices: for each matrix <name>.in_sum2, F32 [columns], the sums of squares, and
// <name>.counts, F32 [1], how many vectors were summed (docs/quantization.md).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gguf/tensor_names.h"
#include "support/span.h"

namespace dia {

class Importance {
public:
    // Nothing is known: every column matters alike.
    Importance() = default;

    // Reads a file. Throws DIA_STATUS_IO or DIA_STATUS_INVALID_FILE.
    explicit Importance(const std::string & path);

    bool empty() const { return means_.empty(); }

    // Throws DIA_STATUS_INVALID_FILE if the file was measured on a model of other sizes. Warns of matrices that it
    // does not tell of.
    void check(const std::vector<TensorEntry> & entries) const;

    // Of each column of a matrix, positive; empty if nothing is known of it.
    span<const float> columns(const std::string & name) const;

private:
    std::string path_;
    std::map<std::string, std::vector<float>> means_;
};

// The sums of one matrix.
struct ColumnSums {
    std::vector<double> squares;  // of each column
    int64_t count = 0;            // vectors
};

// Writes the sums of every matrix; `n_scripts` is noted in the file. Throws DIA_STATUS_IO.
void write_importance(const std::string & path, const std::map<std::string, ColumnSums> & sums, int64_t n_scripts);

}  // namespace dia
