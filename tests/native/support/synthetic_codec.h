// A codec without a file: any dimensions, weights from hash_value(), so that values which the reference computes
// from the same weights can stand in a test.
#pragma once

#include <cstdint>
#include <memory>

#include "ggml.h"
#include "model/model.h"

namespace dia::testing {

struct SyntheticCodec {
    DacHparams hparams;
    ggml_type type = GGML_TYPE_F32;  // of the convolutions

    // Matrices are uniform in +-matrix_scale; 0 stands for 1.5 / sqrt(inputs), which keeps signals of any width
    // lively. Biases are uniform in +-0.1, alphas in 1 +- 0.25.
    double matrix_scale = 0.0;
};

// A model of which only the codec is filled in.
std::shared_ptr<const Model> make_codec(const SyntheticCodec & description);

// Small widths, some of them odd, and ratios 4 and 2.
SyntheticCodec tiny_codec();

}  // namespace dia::testing
