// Compiled without contraction into fused multiply-adds, so that a seed gives the same tokens for every instruction
// set.
#include "generation/sampler.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace dia {

int32_t argmax(span<const float> scores) {
    return static_cast<int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

void softmax(span<const float> scores, span<double> probabilities) {
    assert(scores.size() == probabilities.size());
    const auto largest = static_cast<double>(*std::max_element(scores.begin(), scores.end()));
    assert(std::isfinite(largest));
    double sum = 0.0;
    for (size_t i = 0; i < scores.size(); ++i) {
        // Most scores have been removed; exp(-inf) would give the same 0.
        probabilities[i] = std::isinf(scores[i]) ? 0.0 : std::exp(static_cast<double>(scores[i]) - largest);
        sum += probabilities[i];
    }
    for (double & probability : probabilities) {
        if (probability != 0.0) {
            probability /= sum;
        }
    }
}

int32_t draw(span<const double> probabilities, double uniform) {
    assert(uniform >= 0.0 && uniform < 1.0);
    double cumulative = 0.0;
    int32_t last_possible = 0;
    for (size_t i = 0; i < probabilities.size(); ++i) {
        if (probabilities[i] > 0.0) {
            last_possible = static_cast<int32_t>(i);
            cumulative += probabilities[i];
            if (cumulative > uniform) {
                return last_possible;
            }
        }
    }
    return last_possible;  // the sum was rounded to just below 1
}

}  // namespace dia
