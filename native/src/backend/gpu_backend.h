// A GPU, by whichever backend of ggml drives it.
#pragma once

#include <ggml-cpp.h>

#include <functional>

#include "backend/backend.h"

namespace dia {

class GpuBackend : public Backend {
public:
    // Throws DIA_STATUS_INTERNAL if the device cannot be opened.
    GpuBackend(Device device, std::function<bool()> go_on);

    using Backend::compute;
    void compute(ggml_cgraph * graph) override;
    void set_observer(ProductObserver observer) override;

private:
    void require_go_on() const;

    const Device device_;
    const std::function<bool()> go_on_;
    ggml_backend_ptr backend_;
};

}  // namespace dia
