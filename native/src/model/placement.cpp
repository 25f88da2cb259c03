#include "model/placement.h"

#include <algorithm>
#include <utility>

namespace dia {

Placement::Placement(Device device, int64_t n_layers, int64_t n_gpu_layers)
    : device_(device),
      n_layers_(n_layers),
      n_gpu_layers_(device.is_gpu() ? std::clamp<int64_t>(n_gpu_layers, 0, n_layers + 1) : 0) {}

Device Placement::of_encoder() const {
    return n_gpu_layers_ > n_layers_ ? device_ : Device();
}

Device Placement::of_layer(int64_t layer) const {
    return layer >= n_layers_ - n_gpu_layers_ ? device_ : Device();
}

std::vector<Device> Placement::of_layers() const {
    std::vector<Device> devices;
    for (int64_t layer = 0; layer < n_layers_; ++layer) {
        devices.push_back(of_layer(layer));
    }
    return devices;
}

std::vector<DecoderStage> Placement::decoder_stages() const {
    const int64_t n_processor_layers = std::max<int64_t>(0, n_layers_ - n_gpu_layers_);
    std::vector<DecoderStage> stages;
    for (const auto & [first, end] : {std::pair(int64_t{0}, n_processor_layers), {n_processor_layers, n_layers_}}) {
        if (first < end) {
            stages.push_back({of_layer(first), first, end, first == 0, end == n_layers_});
        }
    }
    return stages;
}

std::vector<Device> Placement::devices() const {
    std::vector<Device> devices = {of_encoder()};
    for (const DecoderStage & stage : decoder_stages()) {
        if (!(stage.device == devices.back())) {
            devices.push_back(stage.device);
        }
    }
    return devices;
}

}  // namespace dia
