#include "backend/gpu_backend.h"

#include <utility>

#include "support/error.h"

namespace dia {

GpuBackend::GpuBackend(Device device, std::function<bool()> go_on)
    : device_(device), go_on_(std::move(go_on)), backend_(ggml_backend_dev_init(device.gpu(), nullptr)) {
    if (!backend_) {
        fail(DIA_STATUS_INTERNAL, "%s (%s) could not be opened", device_.name(), device_.description());
    }
}

// A graph that has begun runs to its end.
void GpuBackend::compute(ggml_cgraph * graph) {
    require_go_on();
    const ggml_status status = ggml_backend_graph_compute(backend_.get(), graph);
    if (status == GGML_STATUS_ALLOC_FAILED) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "%s has no memory to run a graph of %d nodes", device_.name(),
             ggml_graph_n_nodes(graph));
    }
    if (status != GGML_STATUS_SUCCESS) {
        fail(DIA_STATUS_INTERNAL, "a graph of %d nodes failed on %s: %s", ggml_graph_n_nodes(graph), device_.name(),
             ggml_status_to_string(status));
    }
    require_go_on();
}

void GpuBackend::set_observer(ProductObserver observer) {
    if (observer) {
        fail(DIA_STATUS_UNSUPPORTED,
             "the products of a graph on %s cannot be looked at; load the model for the processor", device_.name());
    }
}

void GpuBackend::require_go_on() const {
    if (go_on_ && !go_on_()) {
        fail(DIA_STATUS_CANCELLED, "cancelled");
    }
}

}  // namespace dia
