#include "backend/tensor_context.h"

#include "support/error.h"

namespace dia {

TensorContext::TensorContext(size_t n_bytes) : memory_(new uint8_t[n_bytes]) {
    const ggml_init_params params = {n_bytes, memory_.get(), true};
    context_.reset(ggml_init(params));
    if (!context_) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "no memory for tensors that take %zu bytes to describe", n_bytes);
    }
}

}  // namespace dia
