// What computes graphs, one at a time.
#pragma once

#include <ggml.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "backend/device.h"

namespace dia {

class Graph;

// Looks at a product W x of two matrices when it has been computed: W, and x with its values.
using ProductObserver = std::function<void(const ggml_tensor * weight, const ggml_tensor * x)>;

// Belongs to one thread at a time.
class Backend {
public:
    Backend() = default;
    virtual ~Backend() = default;
    Backend(const Backend &) = delete;
    Backend & operator=(const Backend &) = delete;

    // Runs a graph whose tensors have memory of the backend's device. Throws DIA_STATUS_CANCELLED, after which the
    // graph may be run again, or DIA_STATUS_OUT_OF_MEMORY.
    virtual void compute(ggml_cgraph * graph) = 0;

    // Sends the inputs that were filled, then runs.
    void compute(Graph & graph);

    // Shows every product of the graphs to come to `observer`, which takes longer. Throws DIA_STATUS_UNSUPPORTED
    // where there is no looking into a graph.
    virtual void set_observer(ProductObserver observer) = 0;
};

// `n_threads` and `go_on` as CpuBackend; a GPU has no threads and asks before and after a graph.
std::unique_ptr<Backend> make_backend(Device device, int32_t n_threads, std::function<bool()> go_on = {});

// To go on until a flag is set; for ever, where it is nullptr.
std::function<bool()> unless(const std::atomic<bool> * cancelled);

}  // namespace dia
