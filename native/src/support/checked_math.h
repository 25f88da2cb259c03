// Arithmetic on numbers that come out of a file: an overflow is an error, never a wrapped size.
#pragma once

#include <cstdint>
#include <optional>

namespace dia {

// a + b, or nothing if it does not fit.
inline std::optional<uint64_t> checked_add(uint64_t a, uint64_t b) noexcept {
    if (a > UINT64_MAX - b) {
        return std::nullopt;
    }
    return a + b;
}

// a * b, or nothing if it does not fit.
inline std::optional<uint64_t> checked_mul(uint64_t a, uint64_t b) noexcept {
    if (a != 0 && b > UINT64_MAX / a) {
        return std::nullopt;
    }
    return a * b;
}

}  // namespace dia
