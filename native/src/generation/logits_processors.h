// What happens to the scores of one channel between guidance and the choice, one function per processor of the
// reference (TemperatureLogitsWarper, MinNewTokensLengthLogitsProcessor, DiaEOSChannelFilterLogitsProcessor, the
// filters of sampling, LogitNormalization). The order is token_chooser.cpp's. The filters (keep_..., cut_...,
// normalize) need at least one candidate and always leave the best one; probabilities are those of the candidates,
// computed in double.
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

// Of the 100 largest, lowest index first among equals: keeps the largest ones whose terms of the entropy, summed
// from the largest on, reach at most `h` in (0, 1] times the whole entropy. The reference's cap of 100 included.
void keep_top_h(span<float> scores, float h, ScoreScratch & scratch);

// Removes what is less probable than `p` in [0, 1] times the most probable.
void keep_min_p(span<float> scores, float p, ScoreScratch & scratch);

// Keeps those whose information is closest to the entropy, until they reach the probability `mass` in (0, 1), and
// all that are as close as the last of them. Everything stays if `mass` is 1.
void keep_typical(span<float> scores, float mass, ScoreScratch & scratch);

// Removes what is less probable than `epsilon` in (0, 1).
void cut_epsilon(span<float> scores, float epsilon, ScoreScratch & scratch);

// Removes what is less probable than the smaller of `epsilon` in (0, 1) and sqrt(epsilon) * exp(-entropy).
void cut_eta(span<float> scores, float epsilon, ScoreScratch & scratch);

// Turns scores into logarithms of probabilities, which changes no choice.
void normalize(span<float> scores, ScoreScratch & scratch);

}  // namespace dia
