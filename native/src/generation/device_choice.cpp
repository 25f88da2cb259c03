#include "generation/device_choice.h"

#include <memory>
#include <vector>

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

// What a speech takes of a GPU. Throws DIA_STATUS_UNSUPPORTED if it lacks an operation.
int64_t needed_memory(Device gpu, const std::string & path, const LoadOptions & options) {
    LoadOptions measured = options;
    measured.device = gpu;
    measured.only_measure = true;
    measured.progress = nullptr;
    const auto model = load_model(path, measured);
    return estimate_memory(model, longest_speech(model->hparams), gpu).total_streaming();
}

bool fits(Device gpu, const std::string & path, const LoadOptions & options) {
    try {
        const int64_t needed = needed_memory(gpu, path, options);
        const int64_t available = gpu.free_memory();
        if (needed <= available) {
            return true;
        }
        log(DIA_LOG_LEVEL_WARNING, "%s needs %lld bytes of %s (%s), which has %lld free", path.c_str(),
            static_cast<long long>(needed), gpu.name(), gpu.description(), static_cast<long long>(available));
    } catch (const Error & error) {
        if (error.status() != DIA_STATUS_UNSUPPORTED) {
            throw;
        }
        log(DIA_LOG_LEVEL_WARNING, "%s: %s", path.c_str(), error.what());
    }
    return false;
}

}  // namespace

Device choose_device(const std::string & name, const std::string & path, const LoadOptions & options) {
    if (!name.empty() && name != "auto") {
        return find_device(name);
    }
    for (const Device & device : all_devices()) {
        if (device.is_gpu() && fits(device, path, options)) {
            return device;
        }
    }
    return Device();
}

}  // namespace dia
