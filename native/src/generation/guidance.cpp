// Compiled without contraction into fused multiply-adds: every operation is rounded by itself, as in the reference.
#include "generation/guidance.h"

#include <algorithm>
#include <cassert>

namespace dia {

namespace {

// Whether an id below `n_allowed` is among those that the cut keeps.
bool keeps_allowed_id(span<const float> guided, const TopKCut & cut, int32_t n_allowed) {
    int32_t n_equal = cut.n_equal;
    for (const float g : guided.subspan(0, static_cast<size_t>(n_allowed))) {
        if (g > cut.value || (g == cut.value && n_equal-- > 0)) {
            return true;
        }
    }
    return false;
}

// Puts the conditional logits in place of the guided ones that the cut keeps, and -inf elsewhere.
void keep_conditional(span<const float> conditional, TopKCut cut, span<float> scores) {
    for (size_t i = 0; i < scores.size(); ++i) {
        const float g = scores[i];
        const bool kept = g > cut.value || (g == cut.value && cut.n_equal-- > 0);
        scores[i] = kept ? conditional[i] : kRemoved;
    }
}

}  // namespace

void apply_guidance(span<const float> conditional, span<const float> unconditional, float scale, int32_t top_k,
                    int32_t n_allowed, span<float> scores, ScoreScratch & scratch) {
    assert(conditional.size() == scores.size() && unconditional.size() == scores.size());
    assert(n_allowed >= 1 && static_cast<size_t>(n_allowed) <= scores.size());
    for (size_t i = 0; i < scores.size(); ++i) {
        scores[i] = conditional[i] + (conditional[i] - unconditional[i]) * scale;
    }
    if (top_k <= 0) {
        return;
    }
    const auto n_tokens = static_cast<int32_t>(scores.size());
    const TopKCut cut = top_k_cut(scores, std::min(top_k, n_tokens), scratch);
    if (keeps_allowed_id(scores, cut, n_allowed)) {
        keep_conditional(conditional, cut, scores);
        return;
    }
    const auto n = static_cast<size_t>(n_allowed);
    const span<float> allowed = scores.subspan(0, n);
    keep_conditional(conditional.subspan(0, n), top_k_cut(allowed, std::min(top_k, n_allowed), scratch), allowed);
    std::fill(scores.begin() + n, scores.end(), kRemoved);
}

}  // namespace dia
