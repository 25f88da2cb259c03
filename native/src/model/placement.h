// Where the parts of a model live and are computed. A GPU that has no room for all of them takes the end: DAC
// first, then the last layers of the decoder with the head, then those before them, the text encoder at last. The
// processor keeps the beginning, so that the residual stream crosses to the GPU once in each run.
#pragma once

#include <cstdint>
#include <vector>

#include "backend/device.h"

namespace dia {

// Layers of the decoder that one device computes, one behind the other.
struct DecoderStage {
    Device device;
    int64_t first = 0;
    int64_t end = 0;  // one behind the last
    bool has_embeddings = true;
    bool has_head = true;
};

class Placement {
public:
    // Of a decoder without layers.
    Placement() = default;

    // A decoder of `n_layers`, of which a GPU has the last `n_gpu_layers`; one more stands for the encoder. What
    // exceeds that means everything.
    Placement(Device device, int64_t n_layers, int64_t n_gpu_layers);

    // The GPU that has a part in it, or the processor.
    Device device() const noexcept { return device_; }

    int64_t n_gpu_layers() const noexcept { return n_gpu_layers_; }

    Device of_encoder() const;
    Device of_embeddings() const { return of_layer(0); }
    Device of_layer(int64_t layer) const;
    Device of_head() const { return of_layer(n_layers_ - 1); }
    Device of_codec() const { return device_; }

    // Of each layer of the decoder.
    std::vector<Device> of_layers() const;

    // In the order of the layers.
    std::vector<DecoderStage> decoder_stages() const;

    // Those of the encoder and the decoder.
    std::vector<Device> devices() const;

private:
    Device device_;
    int64_t n_layers_ = 0;
    int64_t n_gpu_layers_ = 0;  // the encoder counted as one more
};

}  // namespace dia
