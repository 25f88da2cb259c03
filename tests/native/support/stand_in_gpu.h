// A GPU for machines without one, so that what drives GPUs is tested everywhere.
#pragma once

#include <cstddef>

#include "backend/device.h"

namespace dia::testing {

// Behind the GPUs of the machine in ggml's registry from the first call on. Its graphs run on ggml's CPU backend,
// by a single thread; the rest is as on a GPU: it has a limited memory of its own, which is not zero at first, and
// no operations but ggml's.
Device stand_in_gpu();

// Sets how many bytes of its memory are free: 8 GiB at first.
void set_stand_in_memory(size_t n_bytes);

}  // namespace dia::testing
