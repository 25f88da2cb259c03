#include "comparison.h"

#include <cassert>
#include <cmath>
#include <cstdio>
#include <limits>

namespace dia::testing {

namespace {

void print_header_once() {
    static const bool printed = [] {
        std::printf("%-12s %-44s %12s %12s %12s %16s\n", "set", "case", "max abs", "mean abs", "tolerance",
                    "tokens equal");
        return true;
    }();
    (void)printed;
}

}  // namespace

Difference difference(span<const float> actual, span<const float> expected) {
    assert(actual.size() == expected.size());
    Difference result;
    double sum = 0.0;
    for (size_t i = 0; i < expected.size(); ++i) {
        const double a = static_cast<double>(actual[i]);
        const double e = static_cast<double>(expected[i]);
        double distance = std::fabs(a - e);
        if (std::isinf(a) && a == e) {
            distance = 0.0;
        } else if (!std::isfinite(distance)) {
            distance = std::numeric_limits<double>::infinity();
        }
        if (std::isfinite(e)) {
            result.max_expected = std::fmax(result.max_expected, std::fabs(e));
        }
        if (distance > result.max_abs || result.worst_index < 0) {
            result.max_abs = distance;
            result.worst_index = static_cast<int64_t>(i);
        }
        sum += distance;
        ++result.count;
    }
    result.mean_abs = result.count > 0 ? sum / static_cast<double>(result.count) : 0.0;
    return result;
}

int64_t count_equal(span<const int32_t> actual, span<const int32_t> expected) {
    assert(actual.size() == expected.size());
    int64_t equal = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
        equal += actual[i] == expected[i] ? 1 : 0;
    }
    return equal;
}

void print_row(const std::string & set, const std::string & name, const Difference & difference, double tolerance) {
    print_header_once();
    std::printf("%-12s %-44s %12.3g %12.3g %12.3g %16s\n", set.c_str(), name.c_str(), difference.max_abs,
                difference.mean_abs, tolerance, "-");
}

void print_row(const std::string & set, const std::string & name, int64_t equal, int64_t total) {
    print_header_once();
    std::printf("%-12s %-44s %12s %12s %12s %7lld / %6lld\n", set.c_str(), name.c_str(), "-", "-", "-",
                static_cast<long long>(equal), static_cast<long long>(total));
}

}  // namespace dia::testing
