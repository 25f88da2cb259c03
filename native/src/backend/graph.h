// A computation in the making: the context in which its tensors are created, its nodes, and, once allocate() has
// been called, the memory of its tensors.
#pragma once

#include <ggml-cpp.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/tensor_context.h"
#include "support/memory_ledger.h"

namespace dia {

class Graph {
public:
    // Room for `max_tensors` tensors, views included.
    explicit Graph(size_t max_tensors);

    ggml_context * context() const noexcept { return context_.get(); }
    ggml_cgraph * nodes() const noexcept { return nodes_; }

    // How many of the nodes compute something, instead of viewing what others computed.
    int64_t n_operations() const noexcept;

    // A tensor that the host fills after allocate(). It keeps its value from one run to the next.
    ggml_tensor * input(ggml_type type, int64_t ne0, int64_t ne1 = 1, int64_t ne2 = 1, int64_t ne3 = 1);

    // Adds a tensor, and all that it is computed from, to the nodes.
    void add(ggml_tensor * tensor);

    // The same for a tensor that the host reads after a run.
    void add_output(ggml_tensor * tensor);
    void add_outputs(const std::vector<ggml_tensor *> & tensors);

    // Bytes that allocate() would take, and those that a run on so many threads needs beside them. Nothing is
    // taken.
    size_t measure(int32_t n_threads);

    // Gives every tensor its memory. Throws DIA_STATUS_OUT_OF_MEMORY.
    void allocate();

private:
    TensorContext context_;
    ggml_gallocr_ptr allocator_;
    ggml_cgraph * nodes_ = nullptr;
    LedgerEntry ledger_;  // of the tensors' memory
};

// The values of a tensor in host memory.
template <typename T>
T * host_data(const ggml_tensor * tensor) {
    return static_cast<T *>(tensor->data);
}

// A copy of the values of a contiguous F32 tensor.
inline std::vector<float> floats_of(const ggml_tensor * tensor) {
    const float * values = host_data<float>(tensor);
    return std::vector<float>(values, values + ggml_nelements(tensor));
}

}  // namespace dia
