#include "backend/device.h"

#include <algorithm>
#include <cctype>

#include "support/error.h"

namespace dia {

namespace {

bool same_name(const std::string & a, const std::string & b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

struct Memory {
    size_t free = 0;
    size_t total = 0;

    explicit Memory(ggml_backend_dev_t device) { ggml_backend_dev_memory(device, &free, &total); }
};

}  // namespace

ggml_backend_dev_t Device::handle() const {
    return is_gpu() ? gpu_ : ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
}

const char * Device::name() const {
    return is_gpu() ? ggml_backend_dev_name(gpu_) : "CPU";  // without a look at the registry, which takes memory
}

const char * Device::description() const {
    return ggml_backend_dev_description(handle());
}

DeviceType Device::type() const {
    if (!is_gpu()) {
        return DeviceType::cpu;
    }
    return ggml_backend_dev_type(gpu_) == GGML_BACKEND_DEVICE_TYPE_IGPU ? DeviceType::integrated_gpu
                                                                        : DeviceType::gpu;
}

int64_t Device::free_memory() const {
    const Memory memory(handle());
    return static_cast<int64_t>(memory.free);
}

int64_t Device::total_memory() const {
    const Memory memory(handle());
    return static_cast<int64_t>(memory.total);
}

ggml_backend_buffer_type_t Device::buffer_type() const {
    return is_gpu() ? ggml_backend_dev_buffer_type(gpu_) : ggml_backend_cpu_buffer_type();
}

bool Device::supports(const ggml_tensor * operation) const {
    return !is_gpu() || ggml_backend_dev_supports_op(gpu_, operation);
}

std::vector<Device> all_devices() {
    std::vector<Device> devices(1);
    for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        ggml_backend_dev_t device = ggml_backend_dev_get(i);
        const enum ggml_backend_dev_type type = ggml_backend_dev_type(device);
        if (type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU) {
            devices.emplace_back(device);
        }
    }
    return devices;
}

Device find_device(const std::string & name) {
    std::string names;
    for (const Device & device : all_devices()) {
        if (same_name(name, device.name())) {
            return device;
        }
        names += std::string(names.empty() ? "" : ", ") + device.name();
    }
    fail(DIA_STATUS_INVALID_ARGUMENT, "device is \"%s\", expected \"auto\" or one of: %s", name.c_str(),
         names.c_str());
}

}  // namespace dia
