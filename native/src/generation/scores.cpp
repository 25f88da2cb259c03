#include "generation/scores.h"

#include <algorithm>
#include <cassert>
#include <functional>

namespace dia {

TopKCut top_k_cut(span<const float> values, int32_t k, ScoreScratch & scratch) {
    assert(k >= 1 && static_cast<size_t>(k) <= values.size() && values.size() <= scratch.values.size());
    const auto first = scratch.values.begin();
    const auto last = std::copy(values.begin(), values.end(), first);
    const auto kth = first + (k - 1);
    std::nth_element(first, kth, last, std::greater<float>());
    const float value = *kth;
    const auto n_greater = std::count_if(first, kth, [value](float other) { return other > value; });
    return {value, k - static_cast<int32_t>(n_greater)};
}

}  // namespace dia
