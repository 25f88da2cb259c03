#include "backend/cpu_backend.h"

#include <utility>

#include "backend/compute_turn.h"
#include "backend/cpu_topology.h"
#include "backend/tensor_context.h"
#include "support/error.h"

namespace dia {

namespace {

bool must_stop(void * go_on) {
    return !(*static_cast<const std::function<bool()> *>(go_on))();
}

}  // namespace

CpuBackend::CpuBackend(int32_t n_threads, std::function<bool()> go_on)
    : n_threads_(resolve_thread_count(n_threads)), go_on_(std::move(go_on)) {
    ggml_threadpool_params params = ggml_threadpool_params_default(n_threads_);
    params.poll = 0;  // between graphs threads sleep instead of spinning in the way of others
    threadpool_.reset(ggml_threadpool_new(&params));
    if (!threadpool_) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "%d threads could not be started", n_threads_);
    }
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
    const TensorContext context(ggml_graph_overhead_custom(n_nodes, false));
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
    ggml_cplan plan = ggml_graph_plan(graph, n_threads_, threadpool_.get());
    if (work_.size() < plan.work_size) {
        work_ = std::vector<uint8_t>(plan.work_size);
    }
    plan.work_data = work_.data();
    if (go_on_) {
        plan.abort_callback = must_stop;
        plan.abort_callback_data = &go_on_;
    }
    const ComputeTurn turn(n_threads_, go_on_);
    const ggml_status status = ggml_graph_compute(graph, &plan);
    switch (status) {
        case GGML_STATUS_SUCCESS:
            return;
        case GGML_STATUS_ABORTED:
            fail(DIA_STATUS_CANCELLED, "cancelled");
        default:
            fail(DIA_STATUS_INTERNAL, "a graph of %d nodes failed: %s", ggml_graph_n_nodes(graph),
                 ggml_status_to_string(status));
    }
}

}  // namespace dia
