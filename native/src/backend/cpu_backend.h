// The processor as a device: a pool of threads, which lives as long as its owner so that no graph starts threads, and
// the work buffer of the graphs. It is ours: ggml's own CPU backend frees its buffer twice when it cannot get a larger
// one.
#pragma once

#include <ggml-cpu.h>
#include <ggml.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace dia {

struct GgmlThreadpoolDeleter {
    void operator()(ggml_threadpool * pool) const noexcept { ggml_threadpool_free(pool); }
};

// Looks at a product W x of two matrices when it has been computed: W, and x with its values.
using ProductObserver = std::function<void(const ggml_tensor * weight, const ggml_tensor * x)>;

// Belongs to one thread at a time.
class CpuBackend {
public:
    // `n_threads` 0: the physical cores. `cancelled`, unless nullptr, is looked at between graph nodes.
    explicit CpuBackend(int32_t n_threads);
    CpuBackend(int32_t n_threads, const std::atomic<bool> * cancelled);

    // Calls `go_on` after each node of a graph, on the thread that runs compute(); false cancels. It must not
    // throw.
    CpuBackend(int32_t n_threads, std::function<bool()> go_on);

    CpuBackend(const CpuBackend &) = delete;
    CpuBackend & operator=(const CpuBackend &) = delete;

    int32_t n_threads() const noexcept { return n_threads_; }

    // Shows every product of the graphs to come to `observer`; they run in pieces then, which takes longer.
    void set_observer(ProductObserver observer) { observer_ = std::move(observer); }

    // Runs a graph whose tensors have memory, when it is its turn (compute_turn.h). Throws DIA_STATUS_CANCELLED, after which the graph may be run again,
    // or DIA_STATUS_OUT_OF_MEMORY.
    void compute(ggml_cgraph * graph);

private:
    void run(ggml_cgraph * graph);
    void run_observed(ggml_cgraph * graph);

    int32_t n_threads_;
    ProductObserver observer_;
    std::function<bool()> go_on_;
    std::unique_ptr<ggml_threadpool, GgmlThreadpoolDeleter> threadpool_;
    std::vector<uint8_t> work_;
};

}  // namespace dia
