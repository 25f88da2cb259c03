// Output arrays of the C interface: the caller's buffer and its capacity, and where to store the size that is
// needed.
#pragma once

#include <algorithm>
#include <cstdint>

#include "api/api_guard.h"
#include "support/error.h"
#include "support/span.h"

namespace dia {

// Stores the size of `values` in `needed`, if that is given, and copies them. Throws DIA_STATUS_BUFFER_TOO_SMALL,
// and copies nothing, if they do not fit.
template <typename T>
void copy_out(span<const T> values, T * buffer, int64_t capacity, int64_t * needed, const char * name) {
    require_array(buffer, capacity, name, "capacity");
    const auto size = static_cast<int64_t>(values.size());
    if (needed != nullptr) {
        *needed = size;
    }
    if (size > capacity) {
        fail(DIA_STATUS_BUFFER_TOO_SMALL, "%s holds %lld elements, but %lld are needed", name,
             static_cast<long long>(capacity), static_cast<long long>(size));
    }
    std::copy(values.begin(), values.end(), buffer);
}

}  // namespace dia
