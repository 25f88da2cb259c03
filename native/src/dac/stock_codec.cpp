#include "dac/stock_codec.h"

#include "backend/product.h"
#include "dac/residual_unit.h"

namespace dia {

namespace {

// One value for each channel, to be added to or multiplied with a signal.
ggml_tensor * per_channel(ggml_context * context, ggml_tensor * values) {
    return ggml_reshape_2d(context, values, 1, ggml_nelements(values));
}

// x + sin^2(alpha x) / alpha
ggml_tensor * snake(ggml_context * context, ggml_tensor * alpha, ggml_tensor * x) {
    ggml_tensor * a = per_channel(context, alpha);
    ggml_tensor * wave = ggml_sqr(context, ggml_sin(context, ggml_mul(context, x, a)));
    return ggml_add(context, x, ggml_div(context, wave, a));
}

ggml_tensor * convolution(ggml_context * context, const DacConv & conv, int stride, int dilation, int padding,
                          ggml_tensor * x) {
    ggml_tensor * w = conv.weight;  // [kernel, in, out]
    ggml_tensor * columns =
        ggml_im2col(context, w, x, stride, 0, padding, 0, dilation, 0, false, w->type);  // [kernel in, T / stride]
    ggml_tensor * kernels = ggml_reshape_2d(context, w, w->ne[0] * w->ne[1], w->ne[2]);  // [kernel in, out]
    ggml_tensor * y = product(context, columns, kernels);                                // [T / stride, out]
    return ggml_add(context, y, per_channel(context, conv.bias));
}

// A convolution that keeps the length.
ggml_tensor * same_convolution(ggml_context * context, const DacConv & conv, int dilation, ggml_tensor * x) {
    const int padding = dilation * static_cast<int>(conv.weight->ne[0] - 1) / 2;
    return convolution(context, conv, 1, dilation, padding, x);
}

// A convolution that makes `kernel / 2` samples of one.
ggml_tensor * transposed_convolution(ggml_context * context, const DacConv & conv, ggml_tensor * x) {
    ggml_tensor * w = conv.weight;  // [in, kernel, out]
    const int stride = static_cast<int>(w->ne[1] / 2);
    ggml_tensor * kernels = ggml_reshape_2d(context, w, w->ne[0], w->ne[1] * w->ne[2]);  // [in, kernel out]
    ggml_tensor * columns = product(context, kernels, ggml_cont(context, ggml_transpose(context, x)));
    ggml_tensor * y = ggml_col2im_1d(context, columns, stride, static_cast<int>(w->ne[2]), stride / 2);
    return ggml_add(context, y, per_channel(context, conv.bias));
}

ggml_tensor * residual_unit(ggml_context * context, const DacResidualUnit & unit, int32_t dilation,
                            ggml_tensor * x) {
    ggml_tensor * y = same_convolution(context, unit.conv1, dilation, snake(context, unit.snake1, x));
    return ggml_add(context, x, same_convolution(context, unit.conv2, 1, snake(context, unit.snake2, y)));
}

}  // namespace

ggml_tensor * build_stock_decoder(Graph & graph, const DacDecoderWeights & weights, ggml_tensor * latent) {
    ggml_context * context = graph.context();
    ggml_tensor * signal = same_convolution(context, weights.conv1, 1, latent);
    for (const DacBlock & block : weights.blocks) {
        signal = transposed_convolution(context, block.conv, snake(context, block.snake, signal));
        for (size_t i = 0; i < block.res_units.size(); ++i) {
            signal = residual_unit(context, block.res_units[i], static_cast<int32_t>(ResidualUnit::kDilations[i]),
                                   signal);
        }
    }
    signal = ggml_tanh(context, same_convolution(context, weights.conv2, 1, snake(context, weights.snake, signal)));
    graph.add_output(signal);
    return signal;
}

ggml_tensor * build_stock_encoder(Graph & graph, const DacEncoderWeights & weights,
                                  span<const int32_t> downsampling_ratios, ggml_tensor * samples) {
    ggml_context * context = graph.context();
    ggml_tensor * signal = same_convolution(context, weights.conv1, 1, samples);
    for (size_t block = 0; block < weights.blocks.size(); ++block) {
        const DacBlock & layers = weights.blocks[block];
        for (size_t i = 0; i < layers.res_units.size(); ++i) {
            signal = residual_unit(context, layers.res_units[i], static_cast<int32_t>(ResidualUnit::kDilations[i]),
                                   signal);
        }
        const int stride = downsampling_ratios[block];
        signal = convolution(context, layers.conv, stride, 1, stride / 2, snake(context, layers.snake, signal));
    }
    signal = same_convolution(context, weights.conv2, 1, snake(context, weights.snake, signal));
    graph.add_output(signal);
    return signal;
}

namespace {

size_t size_of(size_t n_blocks) {
    constexpr size_t per_layer = 32;  // a convolution and a Snake with their views
    const size_t per_block = 1 + 2 * 3;
    return per_layer * (2 + per_block * n_blocks);
}

}  // namespace

size_t stock_decoder_size(const DacDecoderWeights & weights) {
    return size_of(weights.blocks.size());
}

size_t stock_encoder_size(const DacEncoderWeights & weights) {
    return size_of(weights.blocks.size());
}

}  // namespace dia
