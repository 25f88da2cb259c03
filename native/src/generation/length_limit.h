// How long a row may become: the one rule that dia_generation_params of dia.h states, in positions of the delayed
// sequence. D is the largest delay; a row's prefix is one frame of BOS and its audio prompt.
#pragma once

#include <cstdint>
#include <optional>

#include "dia/dia.h"

namespace dia {

struct Hparams;

struct FrameRate {
    int32_t sampling_rate = 44100;  // samples per second
    int32_t hop_length = 512;       // samples per frame
};

// Nothing for a model without codec.
std::optional<FrameRate> frame_rate_of(const Hparams & hparams);

// Whole frames in a duration, at most kMaxPositions.
int64_t frames_in(double seconds, const FrameRate & rate);

// The smallest limit that `params` (validated) asks for; the model's default if there is none.
// Throws DIA_STATUS_INVALID_STATE if max_seconds is set and the model's file states no frame rate.
int64_t length_limit(const dia_generation_params & params, int64_t prefix, int32_t max_delay,
                     const std::optional<FrameRate> & rate);

}  // namespace dia
