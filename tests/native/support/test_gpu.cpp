#include "test_gpu.h"

#include <cstdlib>

#include "stand_in_gpu.h"
#include "support/error.h"

namespace dia::testing {

Device test_gpu() {
    stand_in_gpu();  // so that there is a GPU, behind those of the machine
    const char * name = std::getenv("DIA_TEST_DEVICE");
    const Device device = name != nullptr ? find_device(name) : all_devices()[1];
    if (!device.is_gpu()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "DIA_TEST_DEVICE is \"%s\", with which GPUs are compared", name);
    }
    return device;
}

}  // namespace dia::testing
