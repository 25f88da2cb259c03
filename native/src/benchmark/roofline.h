// What a device can do at best: how fast it reads weights, and how fast it multiplies large matrices. Other work on
// the machine can only make a run slower, so the fastest one counts.
#pragma once

#include <cstdint>
#include <map>

#include "backend/device.h"
#include "benchmark/model_work.h"
#include "benchmark/timing.h"

namespace dia {

// A pass over the weights. On the processor all threads sum up their share; a GPU multiplies the bytes with one
// column, as if they were matrices of F16.
struct ReadBandwidth {
    double n_bytes = 0.0;
    Timing timing;

    double bytes_per_second() const { return n_bytes > 0.0 ? n_bytes / timing.min : 0.0; }
};

// The weights are on the device.
ReadBandwidth measure_read_bandwidth(const MatrixWork & weights, Device device, int32_t n_threads,
                                     const Repetition & repetition);

// A product of ggml, 2048 x 2048 weights with 1024 columns.
struct MatrixProduct {
    Timing timing;

    double flops_per_second() const;
};

MatrixProduct measure_matrix_product(ggml_type type, Device device, int32_t n_threads,
                                     const Repetition & repetition);

// The best rate of every type that was measured.
class MatrixProducts {
public:
    MatrixProducts(Device device, int32_t n_threads, const Repetition & repetition)
        : device_(device), n_threads_(n_threads), repetition_(repetition) {}

    // Measures a type, perhaps once more.
    void measure(ggml_type type);

    // The same for every type of these weights.
    void measure(const MatrixWork & work);

    // Of a type that was measured.
    double flops_per_second(ggml_type type) const { return measured_.at(type).flops_per_second(); }

    // Seconds that products of these weights with so many columns take at these rates.
    double seconds(const MatrixWork & work, double n_columns) const;

    const std::map<ggml_type, MatrixProduct> & measured() const { return measured_; }

private:
    Device device_;
    int32_t n_threads_;
    Repetition repetition_;
    std::map<ggml_type, MatrixProduct> measured_;
};

}  // namespace dia
