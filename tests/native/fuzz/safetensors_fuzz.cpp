// The weights of a checkpoint: they are converted, and what comes out is loaded.
#include "checkpoint_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    static const dia_fuzz::CheckpointFolder folder;
    folder.convert_with("dia/model.safetensors", data, size, size % 2 == 0 ? DIA_TYPE_AUTO : DIA_TYPE_Q8_0);
    return 0;
}
