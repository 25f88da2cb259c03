// The JSON files of a checkpoint. The first byte of an input says which of them the rest is.
#include <iterator>

#include "checkpoint_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    static constexpr const char * kNames[] = {"dia/config.json", "dac/config.json", "dia/generation_config.json",
                                              "dia/preprocessor_config.json", "dia/tokenizer_config.json"};
    if (size == 0) {
        return 0;
    }
    // A new folder each time: a file that one input adds must not be there for the next.
    const dia_fuzz::CheckpointFolder folder;
    folder.convert_with(kNames[data[0] % std::size(kNames)], data + 1, size - 1, DIA_TYPE_AUTO);
    return 0;
}
