// Linear layers by row_products, for graphs that run on one CpuBackend, one at a time: they share the scratch that
// is kept here.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "support/memory_ledger.h"

namespace dia {

class Graph;

class RowLinear {
public:
    explicit RowLinear(int32_t n_threads) : n_threads_(n_threads) {}
    RowLinear(const RowLinear &) = delete;
    RowLinear & operator=(const RowLinear &) = delete;

    // weight [in, out], of a type that has_row_products; x F32 [in, N]; returns F32 [out, N]
    ggml_tensor * multiply(ggml_context * ctx, ggml_tensor * weight, ggml_tensor * x);

    // Bytes that the products above need.
    size_t n_bytes() const noexcept { return wanted_ * static_cast<size_t>(n_threads_); }

    // Takes them, before a graph is computed. Throws DIA_STATUS_OUT_OF_MEMORY.
    void allocate();

private:
    struct Free {
        void operator()(void * memory) const noexcept { std::free(memory); }
    };

    static void run(ggml_tensor * out, int thread, int n_threads, void * self);

    const int32_t n_threads_;
    size_t wanted_ = 0;  // bytes of scratch for each thread
    size_t present_ = 0;
    std::unique_ptr<void, Free> scratch_;
    LedgerEntry ledger_;
};

// Gives a graph its memory, and the products of `row_linear` theirs, unless it is nullptr.
void allocate(Graph & graph, RowLinear * row_linear);

}  // namespace dia
