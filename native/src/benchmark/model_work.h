// What the stages of a model have to do: how much they multiply and read at least, from the sizes of the weights.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "ggml.h"
#include "model/model.h"

namespace dia {

// The weights of a stage by their types, each used once for every column of activations.
struct MatrixWork {
    std::map<ggml_type, double> n_weights;
    std::vector<const ggml_tensor *> tensors;

    void add(const ggml_tensor * matrix);

    // Bytes of the weights.
    double n_bytes() const;

    // Floating-point operations for one column: a multiplication and an addition per weight.
    double flops() const;
};

// Every matrix of the encoder.
MatrixWork encoder_work(const Model & model);

// What a position of the decoder is multiplied with: not the embeddings, of which rows are looked up, and not the
// keys and values of the text, which are computed once.
MatrixWork decoder_work(const Model & model);

// The attention of the encoder over a text, which is no product with weights.
double encoder_attention_flops(const EncoderHparams & hparams, int64_t length);

// DAC's decoder per frame: every weight of a convolution meets every sample of its input or, where it does not
// stride, of its output.
double dac_decoder_flops(const DacDecoderWeights & weights);

// The same of the encoder.
double dac_encoder_flops(const DacEncoderWeights & weights, int32_t hop_length);

}  // namespace dia
