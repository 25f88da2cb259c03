// What happens to the scores of one channel between guidance and the choice, one function per processor of the
// reference (TemperatureLogitsWarper, MinNewTokensLengthLogitsProcessor, DiaEOSChannelFilterLogitsProcessor,
// TopKLogitsWarper, TopPLogitsWarper). The order is token_chooser.cpp's.
#pragma once

#include <cstdint>

#include "generation/scores.h"

namespace dia {

// Divides by `temperature` > 0. The reference raises temperatures below 1 to 1; here they are taken as they are.
void apply_temperature(span<float> scores, float temperature);

// Removes `eos`: speech may not end yet.
void suppress_end(span<float> scores, int32_t eos);

// Special ids are those from `eos` on. Channel 0 may choose `eos`, and does so exactly if it is the best candidate:
// it then stays alone and is removed otherwise. Every other channel loses all special ids.
void filter_special_ids(span<float> scores, int32_t channel, int32_t eos);

// Keeps the `k` largest, and all that equal the smallest of them. Everything if `k` is 0 or less.
void keep_top_k(span<float> scores, int32_t k, ScoreScratch & scratch);

// Removes, from the smallest upwards, lowest index first among equals, what has a cumulative probability of at most
// 1 - p. The largest always stays. Everything stays if `p` is 1.
void keep_top_p(span<float> scores, float p, ScoreScratch & scratch);

}  // namespace dia
