// A computation in the making: the context in which its tensors are created, its nodes, and, once allocate() has
// been called, the memory of its tensors on a device.
#pragma once

#include <ggml-cpp.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backend/device.h"
#include "backend/tensor_context.h"
#include "support/memory_ledger.h"
#include "support/span.h"

namespace dia {

class Graph {
public:
    // Room for `max_tensors` tensors, views included.
    explicit Graph(size_t max_tensors, Device device = {});

    Device device() const noexcept { return device_; }

    ggml_context * context() const noexcept { return context_.get(); }
    ggml_cgraph * nodes() const noexcept { return nodes_; }

    // How many of the nodes compute something, instead of viewing what others computed.
    int64_t n_operations() const noexcept;

    // A tensor that the host fills after allocate() through values_of(). It keeps its value from one run to the
    // next.
    ggml_tensor * input(ggml_type type, int64_t ne0, int64_t ne1 = 1, int64_t ne2 = 1, int64_t ne3 = 1);

    // Adds a tensor, and all that it is computed from, to the nodes.
    void add(ggml_tensor * tensor);

    // The same for a tensor that the host reads after a run.
    void add_output(ggml_tensor * tensor);
    void add_outputs(const std::vector<ggml_tensor *> & tensors);

    struct Size {
        int64_t host = 0;    // bytes of the process
        int64_t device = 0;  // bytes of a GPU
    };

    // Bytes that allocate() would take, and those that a run on so many threads needs beside them. Nothing is
    // taken. Throws DIA_STATUS_UNSUPPORTED, as allocate().
    Size measure(int32_t n_threads);

    // Gives every tensor its memory. Throws DIA_STATUS_OUT_OF_MEMORY, or DIA_STATUS_UNSUPPORTED for an operation
    // that the device lacks.
    void allocate();

    // Where the host writes the values of an input, for the next run: the tensor itself, or a copy if the host does
    // not reach it.
    template <typename T>
    T * values_of(const ggml_tensor * input) {
        return static_cast<T *>(host_values(input));
    }

    // Brings the copies that were written to the device. Backend::compute does.
    void send_inputs();

private:
    struct HostCopy {
        ggml_tensor * input;
        std::vector<uint8_t> values;
        bool is_written = false;  // since it was sent
    };

    void * host_values(const ggml_tensor * input);
    void require_support() const;

    Device device_;
    TensorContext context_;
    ggml_gallocr_ptr allocator_;
    ggml_cgraph * nodes_ = nullptr;
    std::vector<ggml_tensor *> inputs_;
    std::vector<HostCopy> host_copies_;  // of the inputs; empty where the host reaches them
    LedgerEntry ledger_;                 // of the tensors' memory, if it is the host's
};

// The values of a tensor of the processor.
template <typename T>
T * host_data(const ggml_tensor * tensor) {
    return static_cast<T *>(tensor->data);
}

// Copies values of a contiguous F32 tensor, from the `first` on, from whatever device.
void read_floats(const ggml_tensor * tensor, int64_t first, span<float> values);

// A copy of all of them.
std::vector<float> floats_of(const ggml_tensor * tensor);

}  // namespace dia
