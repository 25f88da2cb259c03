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

std::unique_ptr<Backend> make_backend(Device device, int32_t n_threads, const std::atomic<bool> * cancelled) {
    return cancelled == nullptr ? make_backend(device, n_threads, std::function<bool()>())
                                : make_backend(device, n_threads,
                                               [cancelled] { return !cancelled->load(std::memory_order_relaxed); });
}

std::unique_ptr<Backend> make_backend(Device device, int32_t n_threads, std::function<bool()> go_on) {
    if (device.is_gpu()) {
        return std::make_unique<GpuBackend>(device, std::move(go_on));
    }
    return std::make_unique<CpuBackend>(n_threads, std::move(go_on));
}

}  // namespace dia
