#include "backend/backend.h"

#include <utility>

#include "backend/cpu_backend.h"
#include "backend/gpu_backend.h"
#include "backend/graph.h"

namespace dia {

void Backend::compute(Graph & graph) {
    graph.send_inputs();
    compute(graph.nodes());
}

std::unique_ptr<Backend> make_backend(Device device, int32_t n_threads, std::function<bool()> go_on) {
    if (device.is_gpu()) {
        return std::make_unique<GpuBackend>(device, std::move(go_on));
    }
    return std::make_unique<CpuBackend>(n_threads, std::move(go_on));
}

std::function<bool()> unless(const std::atomic<bool> * cancelled) {
    if (cancelled == nullptr) {
        return {};
    }
    return [cancelled] { return !cancelled->load(std::memory_order_relaxed); };
}

}  // namespace dia
