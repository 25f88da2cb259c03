#include "backend/product.h"

namespace dia {

ggml_tensor * product(ggml_context * ctx, ggml_tensor * a, ggml_tensor * b) {
    ggml_tensor * result = ggml_mul_mat(ctx, a, b);
    ggml_prec_set_acc(result, GGML_PREC_F32);
    return result;
}

}  // namespace dia
