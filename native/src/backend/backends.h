// The backends of all devices that a model is spread over.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "backend/backend.h"
#include "backend/device.h"

namespace dia {

// Belongs to one thread at a time, as they do.
class Backends {
public:
    // As make_backend() for each device.
    Backends(const std::vector<Device> & devices, int32_t n_threads, const std::function<bool()> & go_on = {});

    // Of one of the devices.
    Backend & of(Device device) const;

    // On the graph's device.
    void compute(Graph & graph) const;

    // As Backend has it.
    void set_observer(const ProductObserver & observer) const;

private:
    std::vector<std::pair<Device, std::unique_ptr<Backend>>> backends_;
};

}  // namespace dia
