// Products of matrices whose sums need the range of F32.
#pragma once

#include <ggml.h>

namespace dia {

// a b, summed in F32: a GPU would take F16, and the states of the residual stream are too large for it.
ggml_tensor * product(ggml_context * ctx, ggml_tensor * a, ggml_tensor * b);

}  // namespace dia
