// The GPU that tests run on.
#pragma once

#include "backend/device.h"

namespace dia::testing {

// The one that DIA_TEST_DEVICE names, or the first of the machine, or the stand-in where there is none. Throws as
// find_device(), or DIA_STATUS_INVALID_ARGUMENT if DIA_TEST_DEVICE names the processor.
Device test_gpu();

}  // namespace dia::testing
