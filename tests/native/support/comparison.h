// Compares a result with its golden value and prints one row of the parity table: set, case, max abs diff, mean
// abs diff, tokens equal / total.
#pragma once

#include <cstdint>
#include <string>

#include "support/span.h"

namespace dia::testing {

struct Difference {
    double max_abs = 0.0;  // infinite if one side is NaN, or infinite where the other is not
    double mean_abs = 0.0;
    double max_expected = 0.0;  // largest finite magnitude of the golden value
    int64_t worst_index = -1;
    int64_t count = 0;
};

// Equal infinities differ by 0. The sizes must be equal.
Difference difference(span<const float> actual, span<const float> expected);

// Number of equal elements. The sizes must be equal.
int64_t count_equal(span<const int32_t> actual, span<const int32_t> expected);

// Prints a row of the table; a column that does not apply is "-".
void print_row(const std::string & set, const std::string & name, const Difference & difference, double tolerance);
void print_row(const std::string & set, const std::string & name, int64_t equal, int64_t total);

}  // namespace dia::testing
