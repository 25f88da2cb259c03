// The linear layers of the decoder by row_products, which multiplies a step's few columns while the weight passes by
// once, and the many of a prefix where that is faster than ggml's product. For graphs that run on one CpuBackend, one at a time; they share the scratch that is kept here.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "support/memory_ledger.h"

namespace dia {

class StepLinear {
public:
    explicit StepLinear(int32_t n_threads) : n_threads_(n_threads) {}
    StepLinear(const StepLinear &) = delete;
    StepLinear & operator=(const StepLinear &) = delete;

    // weight [in, out]; x F32 [in, N]; returns F32 [out, N]
    ggml_tensor * multiply(ggml_context * ctx, ggml_tensor * weight, ggml_tensor * x);

    // Bytes that the products above need.
    size_t n_bytes() const noexcept { return wanted_ * static_cast<size_t>(n_threads_); }

    // Takes them. Throws DIA_STATUS_OUT_OF_MEMORY.
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

}  // namespace dia
