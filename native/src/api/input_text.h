// Input texts of the C interface: a pointer, and a size or -1 if the text is NUL-terminated.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "api/api_guard.h"
#include "support/error.h"

namespace dia {

inline std::string_view input_text(const char * text, int64_t n_bytes) {
    if (n_bytes < -1) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "n_bytes is %lld, expected -1 or more", static_cast<long long>(n_bytes));
    }
    if (n_bytes == 0) {
        return {};
    }
    require(text, "text");
    return {text, n_bytes < 0 ? std::strlen(text) : static_cast<size_t>(n_bytes)};
}

}  // namespace dia
