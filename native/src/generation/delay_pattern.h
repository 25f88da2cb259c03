// The delay pattern: channel c of a frame stands delays[c] positions after channel 0, so that the model predicts
// the nine codebooks of a frame one after another. Pure functions over [position][channel] tables of tokens.
// D is the largest delay, C the number of channels.
#pragma once

#include <cstdint>
#include <vector>

#include "support/span.h"

namespace dia {

// delayed[t][c] = frames[t - delays[c]][c]; `before` where that lies before the first frame, `after` where it lies
// beyond the last. Both tables have the same size.
void apply_delay(span<const int32_t> frames, span<const int32_t> delays, int32_t before, int32_t after,
                 span<int32_t> delayed);

// frames[t][c] = delayed[t + delays[c]][c]; `filler` where that lies beyond the end.
void revert_delay(span<const int32_t> delayed, span<const int32_t> delays, int32_t filler, span<int32_t> frames);

// What a row is forced to: [1 + F + D][C], one frame of `bos`, the F frames of `prompt_codes`, and what the delay
// pushes beyond them. `pad` marks the places that the model is free to choose. The first 1 + F positions are the
// row's prefix: those where channel 0 is not free.
std::vector<int32_t> forced_tokens(span<const int32_t> prompt_codes, span<const int32_t> delays, int32_t bos,
                                   int32_t pad);

// Whether frame `frame`, whose channel 0 stands at position `first_position + frame`, is in `tokens` with a code
// (0 to n_codes - 1) in every channel.
bool is_frame_complete(span<const int32_t> tokens, span<const int32_t> delays, int32_t n_codes,
                       int64_t first_position, int64_t frame);

}  // namespace dia
