#include "backend/graph.h"

#include <ggml-cpu.h>

#include <algorithm>

#include "support/error.h"

namespace dia {

namespace {

size_t context_size(size_t max_tensors) {
    return max_tensors * ggml_tensor_overhead() + ggml_graph_overhead_custom(max_tensors, false);
}

}  // namespace

Graph::Graph(size_t max_tensors, Device device)
    : device_(device), context_(context_size(max_tensors)), allocator_(ggml_gallocr_new(device.buffer_type())) {
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
    inputs_.push_back(tensor);
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

Graph::Size Graph::measure(int32_t n_threads) {
    require_support();
    size_t buffer = 0;
    ggml_gallocr_reserve_n_size(allocator_.get(), nodes_, nullptr, nullptr, &buffer);
    const auto described = static_cast<int64_t>(ggml_get_mem_size(context_.get()));
    if (!device_.is_gpu()) {
        const size_t work = ggml_graph_plan(nodes_, n_threads, nullptr).work_size;
        return {described + static_cast<int64_t>(buffer + work), 0};
    }
    size_t copies = 0;
    for (const ggml_tensor * input : inputs_) {
        copies += ggml_nbytes(input);
    }
    return {described + static_cast<int64_t>(copies), static_cast<int64_t>(buffer)};
}

void Graph::allocate() {
    require_support();
    if (!ggml_gallocr_alloc_graph(allocator_.get(), nodes_)) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "%s has no memory for the %d nodes of a graph", device_.name(),
             ggml_graph_n_nodes(nodes_));
    }
    if (!device_.is_gpu()) {
        ledger_.resize(ggml_gallocr_get_buffer_size(allocator_.get(), 0));
        return;
    }
    for (ggml_tensor * input : inputs_) {
        host_copies_.push_back({input, std::vector<uint8_t>(ggml_nbytes(input))});
    }
}

// ggml ends the process at an operation that a device lacks.
void Graph::require_support() const {
    for (int i = 0; device_.is_gpu() && i < ggml_graph_n_nodes(nodes_); ++i) {
        const ggml_tensor * node = ggml_graph_node(nodes_, i);
        if (!device_.supports(node)) {
            const ggml_tensor * source = node->src[0] != nullptr ? node->src[0] : node;
            fail(DIA_STATUS_UNSUPPORTED,
                 "%s (%s) lacks an operation of this model: %s of %s [%lld, %lld, %lld, %lld]; load it for the "
                 "processor",
                 device_.name(), device_.description(), ggml_op_desc(node), ggml_type_name(source->type),
                 static_cast<long long>(source->ne[0]), static_cast<long long>(source->ne[1]),
                 static_cast<long long>(source->ne[2]), static_cast<long long>(source->ne[3]));
        }
    }
}

void * Graph::host_values(const ggml_tensor * input) {
    const auto copy = std::find_if(host_copies_.begin(), host_copies_.end(),
                                   [input](const HostCopy & candidate) { return candidate.input == input; });
    if (copy == host_copies_.end()) {
        return input->data;
    }
    copy->is_written = true;
    return copy->values.data();
}

void Graph::send_inputs() {
    for (HostCopy & copy : host_copies_) {
        if (copy.is_written && copy.input->buffer != nullptr) {  // an input that no node reads has no memory
            ggml_backend_tensor_set(copy.input, copy.values.data(), 0, copy.values.size());
        }
        copy.is_written = false;
    }
}

void read_floats(const ggml_tensor * tensor, int64_t first, span<float> values) {
    ggml_backend_tensor_get(tensor, values.data(), static_cast<size_t>(first) * sizeof(float),
                            values.size() * sizeof(float));
}

std::vector<float> floats_of(const ggml_tensor * tensor) {
    std::vector<float> values(static_cast<size_t>(ggml_nelements(tensor)));
    read_floats(tensor, 0, values);
    return values;
}

}  // namespace dia
