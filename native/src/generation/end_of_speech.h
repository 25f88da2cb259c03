// How a row ends. Once channel 0 ends at position e, by itself or because the length limit nears, channel c is made
// to end at e + delays[c], so that the last frame is complete. Mirrors DiaEOSDelayPatternLogitsProcessor, with its
// state per row.
#pragma once

#include <cstdint>

#include "support/span.h"

namespace dia {

class EndOfSpeech {
public:
    // `delays` must outlive the object. `limit` is the row's largest number of positions: channel 0 ends at
    // limit - D - 1 at the latest, which leaves room for the largest delay D.
    EndOfSpeech(span<const int32_t> delays, int32_t eos, int64_t limit);

    // To be called once for every position, with its scores [C][V]. Where a channel has to end, only `eos` stays,
    // with a score of 0.
    void apply(span<float> scores, int64_t position);

    // Where channel 0 ended; -1 before.
    int64_t position() const noexcept { return position_; }

    // Where channel 0 ends at the latest.
    int64_t forced_position() const noexcept { return forced_position_; }

private:
    span<const int32_t> delays_;
    int32_t eos_;
    int64_t forced_position_;
    int64_t position_ = -1;
};

}  // namespace dia
