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
    if (observer_) {
        run_observed(graph);
    } else {
        run(graph);
    }
}

// Later nodes may be given the memory of x, so that the graph stops behind every product.
void CpuBackend::run_observed(ggml_cgraph * graph) {
    const auto n_nodes = static_cast<size_t>(ggml_graph_n_nodes(graph));
    const ggml_init_params params = {ggml_graph_overhead_custom(n_nodes, false), nullptr, true};
    const ggml_context_ptr context(ggml_init(params));
    if (!context) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "no memory for a graph of %zu nodes", n_nodes);
    }
    ggml_cgraph * piece = ggml_new_graph_custom(context.get(), n_nodes, false);
    for (size_t i = 0; i < n_nodes; ++i) {
        const ggml_tensor * node = ggml_graph_node(graph, static_cast<int>(i));
        ggml_graph_add_node(piece, ggml_graph_node(graph, static_cast<int>(i)));
        const bool is_product = node->op == GGML_OP_MUL_MAT;
        if (is_product || i + 1 == n_nodes) {
            run(piece);
            ggml_graph_clear(piece);
        }
        if (is_product) {
            observer_(node->src[0], node->src[1]);
        }
    }
}

void CpuBackend::run(ggml_cgraph * graph) {
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
