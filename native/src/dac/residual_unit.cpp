#include "dac/residual_unit.h"

#include <algorithm>

#include "ggml.h"

namespace dia {

ResidualUnit::ResidualUnit(const DacResidualUnit & weights, int64_t dilation, ConvWorkspace & workspace)
    : conv1_(same_convolution(weights.conv1, dilation).with_snake(weights.snake1), workspace),
      conv2_(same_convolution(weights.conv2, 1).with_snake(weights.snake2), workspace) {}

ggml_tensor * ResidualUnit::build(ggml_context * context, ggml_tensor * x) {
    return conv2_.build_residual(context, conv1_.build(context, x), x);
}

SampleRange ResidualUnit::inputs_of(SampleRange outputs) const {
    const SampleRange inputs = conv1_.conv().inputs_of(conv2_.conv().inputs_of(outputs));
    return {std::min(inputs.first, outputs.first), std::max(inputs.last, outputs.last)};
}

}  // namespace dia
