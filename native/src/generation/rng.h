// The random numbers of sampling: Philox4x32-10, a counter-based generator. A number is a pure function of
// (seed, position, channel), so that tokens depend neither on the batch nor on threads nor on what was drawn
// before. docs/random-numbers.md describes it completely.
#pragma once

#include <array>
#include <cstdint>

namespace dia {

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

// Ten rounds of Philox4x32.
PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key) noexcept;

// The number that decides the token of one channel at one position: uniform in [0, 1), a multiple of 2^-53.
double uniform(uint64_t seed, int64_t position, int32_t channel) noexcept;

// A seed from the system's source of entropy.
uint64_t random_seed();

}  // namespace dia
