#include "backend/cpu_backend.h"

#include <utility>

#include "backend/cpu_topology.h"
#include "support/error.h"

namespace dia {

namespace {

bool is_cancelled(void * cancelled) {
    return static_cast<const std::atomic<bool> *>(cancelled)->load(std::memory_order_relaxed);
}

bool must_stop(void * go_on) {
    return !(*static_cast<const std::function<bool()> *>(go_on))();
}

}  // namespace

CpuBackend::CpuBackend(int32_t n_threads, const std::atomic<bool> * cancelled) : CpuBackend(n_threads) {
    if (cancelled != nullptr) {
        ggml_backend_cpu_set_abort_callback(backend_.get(), is_cancelled,
                                            const_cast<std::atomic<bool> *>(cancelled));
    }
}

CpuBackend::CpuBackend(int32_t n_threads, std::function<bool()> go_on) : CpuBackend(n_threads) {
    go_on_ = std::move(go_on);
    ggml_backend_cpu_set_abort_callback(backend_.get(), must_stop, &go_on_);
}

CpuBackend::CpuBackend(int32_t n_threads) : n_threads_(resolve_thread_count(n_threads)) {
    ggml_threadpool_params params = ggml_threadpool_params_default(n_threads_);
    threadpool_.reset(ggml_threadpool_new(&params));
    backend_.reset(ggml_backend_cpu_init());
    if (!threadpool_ || !backend_) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "the CPU backend with %d threads could not be started", n_threads_);
    }
    ggml_backend_cpu_set_n_threads(backend_.get(), n_threads_);
    ggml_backend_cpu_set_threadpool(backend_.get(), threadpool_.get());
}

void CpuBackend::compute(ggml_cgraph * graph) {
    const ggml_status status = ggml_backend_graph_compute(backend_.get(), graph);
    switch (status) {
        case GGML_STATUS_SUCCESS:
            return;
        case GGML_STATUS_ABORTED:
            fail(DIA_STATUS_CANCELLED, "cancelled");
        case GGML_STATUS_ALLOC_FAILED:
            fail(DIA_STATUS_OUT_OF_MEMORY, "no memory for the work buffer of a graph of %d nodes",
                 ggml_graph_n_nodes(graph));
        default:
            fail(DIA_STATUS_INTERNAL, "a graph of %d nodes failed: %s", ggml_graph_n_nodes(graph),
                 ggml_status_to_string(status));
    }
}

}  // namespace dia
