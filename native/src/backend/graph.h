// A computation in the making: the context in which its tensors are created, its nodes, and, once allocate() has
// been called, the memory of its tensors.
#pragma once

#include <ggml-cpp.h>

#include <cstddef>

#include "support/memory_ledger.h"

namespace dia {

class Graph {
public:
    // Room for `max_tensors` tensors, views included.
    explicit Graph(size_t max_tensors);

    ggml_context * context() const noexcept { return context_.get(); }
    ggml_cgraph * nodes() const noexcept { return nodes_; }

    // A tensor that the host fills after allocate(). It keeps its value from one run to the next.
    ggml_tensor * input(ggml_type type, int64_t ne0, int64_t ne1 = 1, int64_t ne2 = 1, int64_t ne3 = 1);

    // Adds a tensor, and all that it is computed from, to the nodes.
    void add(ggml_tensor * tensor);

    // The same for a tensor that the host reads after a run.
    void add_output(ggml_tensor * tensor);

    // Gives every tensor its memory. Throws DIA_STATUS_OUT_OF_MEMORY.
    void allocate();

private:
    ggml_context_ptr context_;
    ggml_gallocr_ptr allocator_;
    ggml_cgraph * nodes_ = nullptr;
    LedgerEntry ledger_;
};

// The values of a tensor in host memory.
template <typename T>
T * host_data(const ggml_tensor * tensor) {
    return static_cast<T *>(tensor->data);
}

}  // namespace dia
