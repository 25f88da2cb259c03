// Classifier-free guidance on the logits of one channel, V values. Mirrors
// DiaClassifierFreeGuidanceLogitsProcessor: guidance decides which candidates stay; their scores are those of the
// conditional branch alone.
#pragma once

#include <cstdint>

#include "generation/scores.h"

namespace dia {

// Writes g = conditional + scale * (conditional - unconditional) if `top_k` is 0 or less; otherwise the conditional
// logits of the `top_k` largest g, lowest index first among equals, and -inf elsewhere.
//
// Only the ids below `n_allowed` can be chosen in this channel. If none of them is among the top_k, the reference
// is left with nothing to choose from; here the top_k are then taken from these ids alone.
void apply_guidance(span<const float> conditional, span<const float> unconditional, float scale, int32_t top_k,
                    int32_t n_allowed, span<float> scores, ScoreScratch & scratch);

}  // namespace dia
