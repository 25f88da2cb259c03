// Inputs of no meaning, which take as long as any.
#pragma once

#include <cstdint>
#include <vector>

namespace dia {

// Printable bytes.
std::vector<int32_t> make_text(int64_t length);

// Codes from 0 to n_codes - 1, [n][C].
std::vector<int32_t> make_codes(int64_t n, int64_t n_channels, int32_t n_codes);

// Values in [-1, 1).
std::vector<float> make_values(int64_t n);

}  // namespace dia
