// The sine comes from a range reduction modulo pi / 2 and a polynomial: with n the nearest integer to v / (pi / 2)
// and r = v - n pi / 2, the square of sin(v) is that of sin(r) for even n, and 1 minus it for odd n.
#include "dac/snake.h"

#include <algorithm>
#include <cmath>

#include "support/simd.h"

namespace dia {

namespace {

// pi / 2 in three parts: the products of the first two with an n below 2^13 are exact in 24 bits.
constexpr float kHalfPi1 = 1.5703125f;
constexpr float kHalfPi2 = 2029.0f / 4194304.0f;
constexpr float kHalfPi3 = 7.5497899548918821e-08f;
constexpr float kTwoOverPi = 0.63661977236758134f;

// Adding it to a small number leaves the nearest integer in the low bits of the sum.
constexpr float kRoundingShift = 12582912.0f;  // 1.5 * 2^23

// Beyond this argument (n above 2^13) the reduction loses digits, and std::sin takes over.
constexpr float kLargestArgument = 12800.0f;
constexpr float kLargestArgumentSquared = kLargestArgument * kLargestArgument;

FloatVector sine_squared(FloatVector v) {
    const FloatVector shifted = v * broadcast(kTwoOverPi) + broadcast(kRoundingShift);
    const FloatVector n = shifted - broadcast(kRoundingShift);
    FloatVector r = v - n * broadcast(kHalfPi1);
    r = r - n * broadcast(kHalfPi2);
    r = r - n * broadcast(kHalfPi3);

    // The Taylor series of sin(r)^2 in r^2; the first term left out is below 4e-9 for |r| <= pi / 4.
    const FloatVector z = r * r;
    FloatVector p = broadcast(-4.2755598e-06f);
    p = p * z + broadcast(1.4109347e-04f);
    p = p * z + broadcast(-3.1746032e-03f);
    p = p * z + broadcast(4.4444444e-02f);
    p = p * z + broadcast(-3.3333333e-01f);
    const FloatVector even = z * z * p + z;
    return select_by_lowest_bit(shifted, even, broadcast(1.0f) - even);
}

// Replaces the values whose argument is too large for the reduction.
void redo_large_arguments(const float * x, float * y, int64_t n, SnakeParams params) {
    for (int64_t i = 0; i < n; ++i) {
        const float v = params.alpha * x[i];
        if (v * v > kLargestArgumentSquared) {
            const double sine = std::sin(static_cast<double>(v));
            y[i] = x[i] + static_cast<float>(sine * sine) * params.inverse_alpha;
        }
    }
}

// One vector of values; `largest` collects the squares of the arguments.
inline FloatVector activate(FloatVector x, FloatVector alpha, FloatVector inverse_alpha, FloatVector & largest) {
    const FloatVector v = alpha * x;
    largest = max(v * v, largest);
    return x + sine_squared(v) * inverse_alpha;
}

}  // namespace

void snake(const float * x, float * y, int64_t n, SnakeParams params) noexcept {
    const FloatVector alpha = broadcast(params.alpha);
    const FloatVector inverse_alpha = broadcast(params.inverse_alpha);
    FloatVector largest = broadcast(0.0f);
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        store(y + i, activate(load(x + i), alpha, inverse_alpha, largest));
    }
    if (i < n) {
        float rest[kLanes] = {};
        std::copy(x + i, x + n, rest);
        store(rest, activate(load(rest), alpha, inverse_alpha, largest));
        std::copy(rest, rest + (n - i), y + i);
    }
    if (largest_lane(largest) > kLargestArgumentSquared) {
        redo_large_arguments(x, y, n, params);
    }
}

}  // namespace dia
