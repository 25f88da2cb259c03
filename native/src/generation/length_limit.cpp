#include "generation/length_limit.h"

#include <algorithm>
#include <cmath>

#include "generation/generation_params.h"
#include "gguf/hparams.h"
#include "support/error.h"

namespace dia {

namespace {

// The seconds of a whole number of frames, say 240 * 512 / 44100, are rounded; they must not lose a frame to that.
constexpr double kRounding = 1e-6;

}  // namespace

std::optional<FrameRate> frame_rate_of(const Hparams & hparams) {
    if (!hparams.dac) {
        return std::nullopt;
    }
    return FrameRate{hparams.dac->sampling_rate, hparams.dac->hop_length};
}

int64_t frames_in(double seconds, const FrameRate & rate) {
    const double frames = seconds * rate.sampling_rate / rate.hop_length;
    return static_cast<int64_t>(std::floor(std::min(frames + kRounding, static_cast<double>(kMaxPositions))));
}

int64_t length_limit(const dia_generation_params & params, int64_t prefix, int32_t max_delay,
                     const std::optional<FrameRate> & rate) {
    std::optional<int64_t> limit;
    const auto lower_to = [&limit](int64_t other) { limit = limit ? std::min(*limit, other) : other; };
    if (params.max_new_tokens > 0) {
        lower_to(prefix + params.max_new_tokens);
    }
    if (params.max_length > 0) {
        lower_to(params.max_length + max_delay);
    }
    if (params.max_seconds > 0.0) {
        if (!rate) {
            fail(DIA_STATUS_INVALID_STATE,
                 "max_seconds is %g, but the model has no codec that says how long a frame is; use max_new_tokens",
                 params.max_seconds);
        }
        lower_to(prefix + frames_in(params.max_seconds, *rate) + max_delay + 1);
    }
    return limit.value_or(prefix + params.default_max_length + max_delay);
}

}  // namespace dia
