#include "generation/end_of_speech.h"

#include <algorithm>
#include <cassert>

#include "generation/sampler.h"
#include "generation/scores.h"

namespace dia {

EndOfSpeech::EndOfSpeech(span<const int32_t> delays, int32_t eos, int64_t limit)
    : delays_(delays), eos_(eos), forced_position_(limit - *std::max_element(delays.begin(), delays.end()) - 1) {}

void EndOfSpeech::apply(span<float> scores, int64_t position) {
    assert(scores.size() % delays_.size() == 0);
    const size_t n_tokens = scores.size() / delays_.size();
    const bool ends_here = position == forced_position_ || argmax(scores.subspan(0, n_tokens)) == eos_;
    if (position_ < 0 && ends_here) {
        position_ = position;
    }
    if (position_ < 0) {
        return;
    }
    for (size_t c = 0; c < delays_.size(); ++c) {
        if (position == position_ + delays_[c]) {
            const span<float> channel = scores.subspan(c * n_tokens, n_tokens);
            std::fill(channel.begin(), channel.end(), kRemoved);
            channel[static_cast<size_t>(eos_)] = 0.0f;
        }
    }
}

}  // namespace dia
