#include "backend/graph.h"

#include <ggml-cpu.h>

#include "support/error.h"

namespace dia {

namespace {

size_t context_size(size_t max_tensors) {
    return max_tensors * ggml_tensor_overhead() + ggml_graph_overhead_custom(max_tensors, false);
}

}  // namespace

Graph::Graph(size_t max_tensors)
    : context_(context_size(max_tensors)), allocator_(ggml_gallocr_new(ggml_backend_cpu_buffer_type())) {
    if (!allocator_) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "no memory for a graph of %zu tensors", max_tensors);
    }
    nodes_ = ggml_new_graph_custom(context_.get(), max_tensors, false);
}

int64_t Graph::n_operations() const noexcept {
    int64_t count = 0;
    for (int i = 0; i < ggml_graph_n_nodes(nodes_); ++i) {
        const ggml_op op = ggml_graph_node(nodes_, i)->op;
        const bool is_view = op == GGML_OP_RESHAPE || op == GGML_OP_VIEW || op == GGML_OP_PERMUTE ||
                             op == GGML_OP_TRANSPOSE || op == GGML_OP_NONE;
        count += is_view ? 0 : 1;
    }
    return count;
}

ggml_tensor * Graph::input(ggml_type type, int64_t ne0, int64_t ne1, int64_t ne2, int64_t ne3) {
    ggml_tensor * tensor = ggml_new_tensor_4d(context_.get(), type, ne0, ne1, ne2, ne3);
    ggml_set_input(tensor);
    ggml_set_output(tensor);  // else its memory is given to later nodes
    return tensor;
}

void Graph::add(ggml_tensor * tensor) {
    ggml_build_forward_expand(nodes_, tensor);
}

void Graph::add_output(ggml_tensor * tensor) {
    ggml_set_output(tensor->view_src != nullptr ? tensor->view_src : tensor);  // whose memory it is
    add(tensor);
}

void Graph::add_outputs(const std::vector<ggml_tensor *> & tensors) {
    for (ggml_tensor * tensor : tensors) {
        add_output(tensor);
    }
}

size_t Graph::measure(int32_t n_threads) {
    size_t buffer = 0;
    ggml_gallocr_reserve_n_size(allocator_.get(), nodes_, nullptr, nullptr, &buffer);
    return ggml_get_mem_size(context_.get()) + buffer + ggml_graph_plan(nodes_, n_threads, nullptr).work_size;
}

void Graph::allocate() {
    if (!ggml_gallocr_alloc_graph(allocator_.get(), nodes_)) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "no memory for the %d nodes of a graph", ggml_graph_n_nodes(nodes_));
    }
    ledger_.resize(ggml_gallocr_get_buffer_size(allocator_.get(), 0));
}

}  // namespace dia
