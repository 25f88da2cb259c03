#include "device_fixture.h"

#include <cstdio>
#include <filesystem>

#include "gguf/storage_type.h"
#include "synthesis/synthesizer.h"
#include "test_gpu.h"

namespace dia::testing {

Device DeviceTest::gpu_;
std::unique_ptr<TemporaryFolder> DeviceTest::folder_;

void DeviceTest::SetUpTestSuite() {
    gpu_ = test_gpu();
    std::printf("%s: %s, %lld MB\n", gpu_.name(), gpu_.description(),
                static_cast<long long>(gpu_.total_memory() / 1'000'000));
    folder_ = std::make_unique<TemporaryFolder>();
}

void DeviceTest::TearDownTestSuite() {
    folder_.reset();
}

std::string DeviceTest::model_path(dia_type type, dia_type codec_type) {
    const std::string path =
        folder_->path(std::string(type_name(type)) + "-" + std::to_string(codec_type) + ".gguf");
    if (!std::filesystem::exists(std::filesystem::u8path(path))) {
        SynthesisOptions options;
        options.preset = "tiny";
        options.seed = 7;
        options.write.types.type = type;
        options.write.types.codec_type = codec_type;
        options.write.output_path = path;
        synthesize_model(options);
    }
    return path;
}

std::shared_ptr<const Model> DeviceTest::load(dia_type type, Device device, dia_type codec_type) {
    LoadOptions options;
    options.device = device;
    return load_model(model_path(type, codec_type), options);
}

std::shared_ptr<const Model> DeviceTest::load_split(dia_type type, int32_t n_gpu_layers) {
    LoadOptions options;
    options.device = gpu_;
    options.n_gpu_layers = n_gpu_layers;
    return load_model(model_path(type), options);
}

}  // namespace dia::testing
