// The processor as a device: a pool of threads, which lives as long as its owner so that no graph starts threads,
// and the work buffer of the graphs. It is ours: ggml's own CPU backend frees its buffer twice when it cannot get a
// larger one.
#pragma once

#include <ggml-cpu.h>
#include <ggml.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "backend/backend.h"

namespace dia {

struct GgmlThreadpoolDeleter {
    void operator()(ggml_threadpool * pool) const noexcept { ggml_threadpool_free(pool); }
};

class CpuBackend : public Backend {
public:
    // `n_threads` 0: the physical cores. `go_on`, unless empty, is called after each node of a graph, on the thread
    // that runs compute(); false cancels. It must not throw.
    explicit CpuBackend(int32_t n_threads, std::function<bool()> go_on = {});

    int32_t n_threads() const noexcept { return n_threads_; }

    // Graphs run in pieces while there is an observer.
    void set_observer(ProductObserver observer) override { observer_ = std::move(observer); }

    // When it is the graph's turn (compute_turn.h).
    using Backend::compute;
    void compute(ggml_cgraph * graph) override;

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
