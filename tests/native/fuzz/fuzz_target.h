// What every fuzz target stands on. A target takes one input through the public interface and must come back with a
// status; expect() ends the program where a promise of dia.h is broken, which the fuzzer reports as a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "dia/dia.h"

// The entry point: called once for each input, by libFuzzer or by replay_main.cpp.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size);

namespace dia_fuzz {

inline void expect(bool promise, const char * what) {
    if (!promise) {
        std::fprintf(stderr, "broken promise: %s\n", what);
        std::abort();
    }
}

// Whether a call succeeded. An error has a name and a message, and is no defect of the library.
inline bool succeeded(dia_status status) {
    if (status == DIA_STATUS_OK) {
        return true;
    }
    expect(std::string(dia_status_name(status)).rfind("DIA_STATUS_", 0) == 0, "a status has a name");
    expect(dia_last_error_message()[0] != '\0', "an error has a message");
    expect(status != DIA_STATUS_INTERNAL, dia_last_error_message());
    return false;
}

}  // namespace dia_fuzz
