// Where a model lives and is computed: the processor, or a GPU that ggml knows. Which GPUs there are is a matter of
// the build (DIA_CUDA, DIA_METAL, DIA_VULKAN) and of the machine.
#pragma once

#include <ggml-backend.h>
#include <ggml.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dia {

enum class DeviceType { cpu, gpu, integrated_gpu };

class Device {
public:
    // The processor.
    Device() = default;

    explicit Device(ggml_backend_dev_t gpu) : gpu_(gpu) {}

    bool is_gpu() const noexcept { return gpu_ != nullptr; }

    // nullptr for the processor, which computes by a CpuBackend instead of one of ggml's.
    ggml_backend_dev_t gpu() const noexcept { return gpu_; }

    // As ggml's registry has it: "CPU", "CUDA0", "Metal", "Vulkan0". Static.
    const char * name() const;

    // "NVIDIA H100 80GB HBM3". Static.
    const char * description() const;

    DeviceType type() const;

    // Bytes. What a driver tells of free memory is as of now, or all of it where it does not know.
    int64_t free_memory() const;
    int64_t total_memory() const;

    ggml_backend_buffer_type_t buffer_type() const;

    bool supports(const ggml_tensor * operation) const;

    friend bool operator==(Device a, Device b) { return a.gpu_ == b.gpu_; }

private:
    ggml_backend_dev_t handle() const;

    ggml_backend_dev_t gpu_ = nullptr;
};

// The processor, then the GPUs in the order of ggml's registry.
std::vector<Device> all_devices();

// By its name, whatever the case. Throws DIA_STATUS_INVALID_ARGUMENT, with the names that there are, if there is no
// such device.
Device find_device(const std::string & name);

}  // namespace dia
