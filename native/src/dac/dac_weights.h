// Weights of the DAC codec. Shapes in ggml order, fastest first: a convolution is [kernel, in, out], as the
// checkpoint lays it out; a transposed convolution is stored as [in, kernel, out], so that the input channel
// runs fastest. Convolutions are F32 or F16, everything else is F32.
#pragma once

#include <array>
#include <vector>

struct ggml_tensor;

namespace dia {

struct DacConv {
    ggml_tensor * weight = nullptr;  // [kernel, in, out]; transposed: [in, kernel, out]
    ggml_tensor * bias = nullptr;    // F32 [out]
};

struct DacResidualUnit {
    ggml_tensor * snake1 = nullptr;  // F32 [ch]  alpha
    DacConv conv1;                   // [7, ch, ch], dilation 1, 3 or 9
    ggml_tensor * snake2 = nullptr;  // F32 [ch]  alpha
    DacConv conv2;                   // [1, ch, ch]
};

// Encoder: residual units, snake, strided convolution. Decoder: snake, transposed convolution, residual units.
struct DacBlock {
    ggml_tensor * snake = nullptr;  // F32 [in]  alpha
    DacConv conv;                   // encoder [2 * stride, in, out]; decoder, transposed, [in, 2 * stride, out]
    std::array<DacResidualUnit, 3> res_units;
};

struct DacQuantizer {
    DacConv in_proj;                   // [1, hidden, codebook_dim]; nullptr in a codec without encoder
    ggml_tensor * codebook = nullptr;  // F32 [codebook_dim, codebook_size]
    DacConv out_proj;                  // [1, codebook_dim, hidden]
};

// Empty in a codec without encoder.
struct DacEncoderWeights {
    DacConv conv1;  // [7, 1, encoder_hidden_size]
    std::vector<DacBlock> blocks;
    ggml_tensor * snake = nullptr;  // F32 [ch]  alpha
    DacConv conv2;                  // [3, ch, hidden_size]
};

struct DacDecoderWeights {
    DacConv conv1;  // [7, hidden_size, decoder_hidden_size]
    std::vector<DacBlock> blocks;
    ggml_tensor * snake = nullptr;  // F32 [ch]  alpha
    DacConv conv2;                  // [7, ch, 1]
};

struct DacWeights {
    DacEncoderWeights encoder;
    DacDecoderWeights decoder;
    std::vector<DacQuantizer> quantizers;
};

}  // namespace dia
