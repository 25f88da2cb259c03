// x + conv2(snake2(conv1(snake1(x)))): the building block that the codec's encoder and decoder share.
#pragma once

#include "dac/conv1d.h"
#include "dac/dac_weights.h"

namespace dia {

class ResidualUnit {
public:
    // The dilations of the three units of a block.
    static constexpr int64_t kDilations[] = {1, 3, 9};

    ResidualUnit(const DacResidualUnit & weights, int64_t dilation, ConvWorkspace & workspace);

    // x F32 [T, ch] -> [T, ch], in the memory of x.
    ggml_tensor * build(ggml_context * context, ggml_tensor * x);

    // Inputs that a range of outputs depends on.
    SampleRange inputs_of(SampleRange outputs) const;

private:
    ConvNode conv1_;
    ConvNode conv2_;
};

}  // namespace dia
