// The choice of a token from the scores of one channel: the best, or a draw.
#pragma once

#include <cstdint>

#include "support/span.h"

namespace dia {

// The index of the largest score, the lowest among equals.
int32_t argmax(span<const float> scores);

// Probabilities of the scores, of which at least one is finite and none is NaN or +inf. Computed in double, summed
// in the order of the ids.
void softmax(span<const float> scores, span<double> probabilities);

// The first id at which the sum of the probabilities, in the order of the ids, exceeds `uniform` in [0, 1). An id
// of probability 0 is never drawn.
int32_t draw(span<const double> probabilities, double uniform);

}  // namespace dia
