// Weights that any language can make: an integer hash of a tensor's number and an element's index.
#pragma once

#include <cstdint>

namespace dia::testing {

// Uniform in [-1, 1).
inline double hash_value(uint32_t tensor, uint32_t element) {
    uint32_t h = element + 0x9E3779B9u * (tensor + 1);
    h ^= h >> 16;
    h *= 0x85EBCA6Bu;
    h ^= h >> 13;
    h *= 0xC2B2AE35u;
    h ^= h >> 16;
    return static_cast<double>(h >> 8) / 16777216.0 * 2.0 - 1.0;
}

}  // namespace dia::testing
