#include "backend/cpu_backend.h"

#include "backend/cpu_topology.h"
#include "support/error.h"

namespace dia {

namespace {

bool is_cancelled(void * cancelled) {
    return static_cast<const std::atomic<bool> *>(cancelled)->load(std::memory_order_relaxed);
}

}  // namespace

CpuBackend::CpuBackend(int32_t n_threads, const std::atomic<bool> * cancelled)
    : n_threads_(resolve_thread_count(n_threads)), cancelled_(cancelled) {
    ggml_threadpool_params params = ggml_threadpool_params_default(n_threads_);
    threadpool_.reset(ggml_threadpool_new(&params));
    backend_.reset(ggml_backend_cpu_init());
    if (!threadpool_ || !backend_) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "the CPU backend with %d threads could not be started", n_threads_);
    }
    ggml_backend_cpu_set_n_threads(backend_.get(), n_threads_);
    ggml_backend_cpu_set_threadpool(backend_.get(), threadpool_.get());
    if (cancelled_ != nullptr) {
        ggml_backend_cpu_set_abort_callback(backend_.get(), is_cancelled,
                                            const_cast<std::atomic<bool> *>(cancelled_));
    }
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
