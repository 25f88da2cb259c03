// A caller's progress function as the core wants it: false stops the call.
#pragma once

#include <cstdint>
#include <functional>

#include "dia/dia.h"

namespace dia {

// Empty if there is no function.
inline std::function<bool(int64_t, int64_t)> progress_of(dia_progress_fn progress, void * user_data) {
    if (progress == nullptr) {
        return nullptr;
    }
    return [progress, user_data](int64_t done, int64_t total) { return progress(done, total, user_data) == 0; };
}

}  // namespace dia
