// Scores of one channel: V values, one per token id, of which those removed from the choice are -inf. Every step of
// the way from logits to a token works on such a table in place.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "support/span.h"

namespace dia {

constexpr float kRemoved = -std::numeric_limits<float>::infinity();

// Buffers for V scores, so that a step allocates nothing.
struct ScoreScratch {
    explicit ScoreScratch(size_t n) : values(n), order(n), probabilities(n) {}

    std::vector<float> values;
    std::vector<int32_t> order;
    std::vector<double> probabilities;
};

// Where the k largest of some values end: all above `value` belong to them, and `n_equal` of those that equal it.
struct TopKCut {
    float value = 0.0f;
    int32_t n_equal = 0;
};

// `k` is 1 to values.size(); no value is NaN.
TopKCut top_k_cut(span<const float> values, int32_t k, ScoreScratch & scratch);

}  // namespace dia
