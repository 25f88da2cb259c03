#include "backend/backends.h"

#include "backend/graph.h"
#include "support/error.h"

namespace dia {

Backends::Backends(const std::vector<Device> & devices, int32_t n_threads, const std::function<bool()> & go_on) {
    for (const Device & device : devices) {
        backends_.emplace_back(device, make_backend(device, n_threads, go_on));
    }
}

Backend & Backends::of(Device device) const {
    for (const auto & [its_device, backend] : backends_) {
        if (its_device == device) {
            return *backend;
        }
    }
    fail(DIA_STATUS_INTERNAL, "%s was not opened", device.name());
}

void Backends::compute(Graph & graph) const {
    of(graph.device()).compute(graph);
}

void Backends::set_observer(const ProductObserver & observer) const {
    for (const auto & [device, backend] : backends_) {
        backend->set_observer(observer);
    }
}

}  // namespace dia
