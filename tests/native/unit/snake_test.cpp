#include "dac/snake.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace dia {
namespace {

std::vector<float> snake_of(const std::vector<float> & x, float alpha) {
    std::vector<float> y(x.size());
    snake(x.data(), y.data(), static_cast<int64_t>(x.size()), SnakeParams::from_alpha(alpha));
    return y;
}

TEST(Snake, equals_the_reference_at_check_values) {
    const std::vector<float> half = snake_of({-1.0f, 0.0f, 0.7f}, 0.5f);
    EXPECT_NEAR(half[0], -0.5403023f, 1e-7);
    EXPECT_EQ(half[1], 0.0f);
    EXPECT_NEAR(half[2], 0.9351578f, 1e-7);
    const std::vector<float> two = snake_of({-1.0f, 0.25f, 3.0f}, 2.0f);
    EXPECT_NEAR(two[0], -0.5865891f, 1e-7);
    EXPECT_NEAR(two[1], 0.3649244f, 1e-7);
    EXPECT_NEAR(two[2], 3.0390365f, 3e-7);
}

// With alpha 1 and x subtracted again, what remains is the square of the sine, but for the rounding of the sum:
// 2^-25 of the square.
TEST(Snake, squares_the_sine_exactly_enough_up_to_arguments_of_1e4) {
    constexpr float kInverse = 1e6f;  // makes x small beside the square, and the sum less than 2^20
    double worst = 0.0;
    float worst_x = 0.0f;
    std::vector<float> x(1024);
    std::vector<float> y(1024);
    for (float magnitude = 1e-3f; magnitude <= 1e4f; magnitude *= 1.01f) {
        for (size_t i = 0; i < x.size(); ++i) {
            x[i] = magnitude * (static_cast<float>(i) / 512.0f - 1.0f);
        }
        snake(x.data(), y.data(), static_cast<int64_t>(x.size()), {1.0f, kInverse});
        for (size_t i = 0; i < x.size(); ++i) {
            const double sine = std::sin(static_cast<double>(x[i]));
            const double found =
                (static_cast<double>(y[i]) - static_cast<double>(x[i])) / static_cast<double>(kInverse);
            const double error = std::fabs(found - sine * sine);
            if (error > worst) {
                worst = error;
                worst_x = x[i];
            }
        }
    }
    EXPECT_LT(worst, 1.2e-7 + 3e-8) << "at " << worst_x;
}

TEST(Snake, keeps_the_relative_accuracy_of_tiny_arguments) {
    for (float x : {1e-3f, -1e-4f, 1e-8f}) {
        const float square = snake_of({x}, 1e-3f)[0] - x;  // alpha x^2, nearly
        EXPECT_NEAR(square, 1e-3 * static_cast<double>(x) * static_cast<double>(x),
                    1e-7 * std::fabs(static_cast<double>(x)));
    }
}

TEST(Snake, is_exact_for_huge_arguments_and_leaves_their_neighbours_alone) {
    std::vector<float> x(61);
    for (size_t i = 0; i < x.size(); ++i) {
        x[i] = 0.1f * static_cast<float>(i);
    }
    const std::vector<float> plain = snake_of(x, 0.5f);
    x[5] = 3e5f;
    x[17] = -1e20f;
    x[60] = std::numeric_limits<float>::max();
    const std::vector<float> mixed = snake_of(x, 0.5f);
    for (size_t i = 0; i < x.size(); ++i) {
        if (std::fabs(x[i]) < 1e5f) {
            EXPECT_EQ(mixed[i], plain[i]) << "at " << i;
        } else {
            const double sine = std::sin(static_cast<double>(0.5f * x[i]));
            EXPECT_EQ(mixed[i],
                      x[i] + static_cast<float>(sine * sine) * SnakeParams::from_alpha(0.5f).inverse_alpha);
        }
    }
}

TEST(Snake, gives_a_value_the_same_bits_wherever_it_lies) {
    std::vector<float> x(97);
    for (size_t i = 0; i < x.size(); ++i) {
        x[i] = 0.37f * static_cast<float>(i) - 17.0f;
    }
    const std::vector<float> whole = snake_of(x, 0.9f);
    for (size_t first = 0; first < x.size(); ++first) {
        const std::vector<float> part = snake_of({x.begin() + static_cast<int64_t>(first), x.end()}, 0.9f);
        ASSERT_EQ(part, std::vector<float>(whole.begin() + static_cast<int64_t>(first), whole.end())) << first;
    }
}

TEST(Snake, makes_nothing_of_nothing_and_not_a_number_of_infinity) {
    const std::vector<float> y = snake_of({0.0f, std::numeric_limits<float>::infinity(), NAN, 1.0f}, 1.0f);
    EXPECT_EQ(y[0], 0.0f);
    EXPECT_TRUE(std::isnan(y[1]));
    EXPECT_TRUE(std::isnan(y[2]));
    EXPECT_FALSE(std::isnan(y[3]));
}

}  // namespace
}  // namespace dia
