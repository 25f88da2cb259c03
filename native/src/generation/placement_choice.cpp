#include "generation/placement_choice.h"

#include <memory>
#include <optional>

#include "generation/memory_estimate.h"
#include "support/error.h"
#include "support/log.h"

namespace dia {

namespace {

DecoderSessionOptions longest_speech(const Hparams & hparams) {
    DecoderSessionOptions options;
    options.n_text = hparams.dia.encoder.max_position_embeddings;
    options.n_positions = hparams.dia.decoder.max_position_embeddings;
    return options;
}

// What so many layers and a speech take of a GPU.
int64_t needed_memory(Device gpu, int32_t n_gpu_layers, const std::string & path, const LoadOptions & options) {
    LoadOptions measured = options;
    measured.device = gpu;
    measured.n_gpu_layers = n_gpu_layers;
    measured.only_measure = true;
    measured.progress = nullptr;
    const auto model = load_model(path, measured);
    return estimate_memory(model, longest_speech(model->hparams), gpu).total_streaming();
}

int32_t all_layers(const std::string & path) {
    LoadOptions options;
    options.only_measure = true;
    return 1 + load_model(path, options)->hparams.dia.decoder.num_hidden_layers;
}

// How many layers a GPU is to get, if so many are wanted; nothing if it has no room for them.
std::optional<int32_t> layers_on(Device gpu, int32_t wanted, const std::string & path,
                                 const LoadOptions & options) {
    const int64_t available = gpu.free_memory();
    const int32_t most = wanted == kLayersThatFit ? all_layers(path) : wanted;
    const int32_t least = wanted == kLayersThatFit ? 0 : wanted;
    for (int32_t n = most; n >= least; --n) {
        const int64_t needed = needed_memory(gpu, n, path, options);
        if (needed <= available) {
            return n;
        }
        if (n == most) {
            log(DIA_LOG_LEVEL_WARNING, "%s needs %lld bytes of %s (%s), which has %lld free", path.c_str(),
                static_cast<long long>(needed), gpu.name(), gpu.description(), static_cast<long long>(available));
        }
    }
    return std::nullopt;
}

// The same for a GPU that need not be taken.
std::optional<int32_t> layers_on_any(Device gpu, int32_t wanted, const std::string & path,
                                     const LoadOptions & options) {
    try {
        return layers_on(gpu, wanted, path, options);
    } catch (const Error & error) {
        if (error.status() != DIA_STATUS_UNSUPPORTED) {
            throw;
        }
        log(DIA_LOG_LEVEL_WARNING, "%s: %s", path.c_str(), error.what());
    }
    return std::nullopt;
}

void choose_any(int32_t wanted, const std::string & path, LoadOptions & options) {
    options.device = Device();
    for (const Device & device : all_devices()) {
        if (!device.is_gpu()) {
            continue;
        }
        const std::optional<int32_t> n = layers_on_any(device, wanted, path, options);
        if (n && (!options.device.is_gpu() || *n > options.n_gpu_layers)) {
            options.device = device;
            options.n_gpu_layers = *n;
        }
    }
}

}  // namespace

void choose_placement(const std::string & device, int32_t n_gpu_layers, const std::string & path,
                      LoadOptions & options) {
    if (n_gpu_layers < kLayersThatFit) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "n_gpu_layers is %d, expected -1 or more", n_gpu_layers);
    }
    if (device.empty() || device == "auto") {
        choose_any(n_gpu_layers, path, options);
        return;
    }
    options.device = find_device(device);
    options.n_gpu_layers = n_gpu_layers;
    if (options.device.is_gpu() && n_gpu_layers == kLayersThatFit) {
        const std::optional<int32_t> n = layers_on(options.device, n_gpu_layers, path, options);
        if (!n) {
            fail(DIA_STATUS_OUT_OF_MEMORY, "%s: %s (%s) has %lld bytes free, which is not enough for DAC alone",
                 path.c_str(), options.device.name(), options.device.description(),
                 static_cast<long long>(options.device.free_memory()));
        }
        options.n_gpu_layers = *n;
    }
}

}  // namespace dia
