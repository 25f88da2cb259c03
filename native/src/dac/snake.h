// Snake, the codec's activation: y = x + sin(alpha x)^2 / (alpha + 1e-9), with one alpha per channel.
#pragma once

#include <cstdint>

namespace dia {

struct SnakeParams {
    float alpha = 1.0f;
    float inverse_alpha = 1.0f;  // 1 / (alpha + 1e-9)

    static SnakeParams from_alpha(float alpha) { return {alpha, 1.0f / (alpha + 1e-9f)}; }
};

// Applies Snake to `n` values of one channel; `x` and `y` do not overlap. The square of the sine is within
// 1.2e-7 of that of the rounded product alpha * x, whatever its size.
void snake(const float * x, float * y, int64_t n, SnakeParams params) noexcept;

}  // namespace dia
