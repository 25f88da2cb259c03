#include "device_fixture.h"

#include <cstdlib>
#include <filesystem>

#include "gguf/storage_type.h"
#include "synthesis/synthesizer.h"

namespace dia::testing {

Device DeviceTest::gpu_;
std::unique_ptr<TemporaryFolder> DeviceTest::folder_;

void DeviceTest::SetUpTestSuite() {
    const char * name = std::getenv("DIA_TEST_DEVICE");
    const std::vector<Device> devices = all_devices();
    gpu_ = name != nullptr ? find_device(name) : devices.back();
    gpu_ = name == nullptr && devices.size() > 1 ? devices[1] : gpu_;
    folder_ = std::make_unique<TemporaryFolder>();
}

void DeviceTest::TearDownTestSuite() {
    folder_.reset();
}

void DeviceTest::SetUp() {
    if (!gpu_.is_gpu()) {
        GTEST_SKIP() << "no GPU: neither CUDA, Metal nor Vulkan is in this build, or none of them finds a device";
    }
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

}  // namespace dia::testing
