#include "benchmark/model_work.h"

namespace dia {

namespace {

double n_weights(const DacConv & conv) {
    return static_cast<double>(ggml_nelements(conv.weight));
}

double n_weights(const DacBlock & block) {
    double total = 0.0;
    for (const DacResidualUnit & unit : block.res_units) {
        total += n_weights(unit.conv1) + n_weights(unit.conv2);
    }
    return total;
}

}  // namespace

void MatrixWork::add(const ggml_tensor * matrix) {
    n_weights[matrix->type] += static_cast<double>(ggml_nelements(matrix));
    tensors.push_back(matrix);
}

double MatrixWork::n_bytes() const {
    double total = 0.0;
    for (const ggml_tensor * tensor : tensors) {
        total += static_cast<double>(ggml_nbytes(tensor));
    }
    return total;
}

double MatrixWork::flops() const {
    double total = 0.0;
    for (const auto & [type, count] : n_weights) {
        total += 2.0 * count;
    }
    return total;
}

MatrixWork encoder_work(const Model & model) {
    MatrixWork work;
    for (const EncoderLayerWeights & layer : model.encoder.layers) {
        for (const ggml_tensor * matrix : {layer.qkv_proj, layer.o_proj, layer.gate_up_proj, layer.down_proj}) {
            work.add(matrix);
        }
    }
    return work;
}

MatrixWork decoder_work(const Model & model) {
    MatrixWork work;
    for (const DecoderLayerWeights & layer : model.decoder.layers) {
        for (const ggml_tensor * matrix : {layer.qkv_proj, layer.o_proj, layer.cross_q_proj, layer.cross_o_proj,
                                           layer.gate_up_proj, layer.down_proj}) {
            work.add(matrix);
        }
    }
    work.add(model.decoder.logits_dense);
    return work;
}

double encoder_attention_flops(const EncoderHparams & hparams, int64_t length) {
    const double width = static_cast<double>(hparams.num_attention_heads) * hparams.head_dim;
    const double pairs = static_cast<double>(length) * static_cast<double>(length);
    return 2.0 * 2.0 * width * pairs * hparams.num_hidden_layers;  // scores, and sums of the values
}

double dac_decoder_flops(const DacDecoderWeights & weights) {
    double total = n_weights(weights.conv1);
    double samples = 1.0;
    for (const DacBlock & block : weights.blocks) {
        total += n_weights(block.conv) * samples;
        samples *= static_cast<double>(block.conv.weight->ne[1]) / 2.0;
        total += n_weights(block) * samples;
    }
    return 2.0 * (total + n_weights(weights.conv2) * samples);
}

double dac_encoder_flops(const DacEncoderWeights & weights, int32_t hop_length) {
    double samples = hop_length;
    double total = n_weights(weights.conv1) * samples;
    for (const DacBlock & block : weights.blocks) {
        total += n_weights(block) * samples;
        samples /= static_cast<double>(block.conv.weight->ne[0]) / 2.0;
        total += n_weights(block.conv) * samples;
    }
    return 2.0 * (total + n_weights(weights.conv2) * samples);
}

}  // namespace dia
