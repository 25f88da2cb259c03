// Where ggml keeps the descriptions of tensors. The memory is ours: if ggml cannot allocate its own, it ends the
// process.
#pragma once

#include <ggml-cpp.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace dia {

class TensorContext {
public:
    TensorContext() = default;

    // Of tensors without data, and of graphs. Throws std::bad_alloc or DIA_STATUS_OUT_OF_MEMORY.
    explicit TensorContext(size_t n_bytes);

    static TensorContext of_tensors(size_t n_tensors) { return TensorContext(n_tensors * ggml_tensor_overhead()); }

    ggml_context * get() const noexcept { return context_.get(); }

private:
    std::unique_ptr<uint8_t[]> memory_;  // aligned as every object is, which is what ggml asks for
    ggml_context_ptr context_;
};

}  // namespace dia
