#include "benchmark/made_inputs.h"

#include <cstddef>

namespace dia {

std::vector<int32_t> make_text(int64_t length) {
    std::vector<int32_t> ids(static_cast<size_t>(length));
    for (size_t i = 0; i < ids.size(); ++i) {
        ids[i] = static_cast<int32_t>(32 + i * 7 % 90);
    }
    return ids;
}

std::vector<int32_t> make_codes(int64_t n, int64_t n_channels, int32_t n_codes) {
    std::vector<int32_t> codes(static_cast<size_t>(n * n_channels));
    for (size_t i = 0; i < codes.size(); ++i) {
        codes[i] = static_cast<int32_t>(i * 389 % static_cast<size_t>(n_codes));
    }
    return codes;
}

std::vector<float> make_values(int64_t n) {
    std::vector<float> values(static_cast<size_t>(n));
    for (size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(i * 2654435761u % 4096) / 2048.0f - 1.0f;
    }
    return values;
}

}  // namespace dia
