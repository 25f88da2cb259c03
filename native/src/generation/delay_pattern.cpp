// Mirrors build_indices/apply_audio_delay of the reference's processor (processing_dia.py).
#include "generation/delay_pattern.h"

#include <algorithm>
#include <cassert>

namespace dia {

namespace {

int64_t n_positions(span<const int32_t> table, span<const int32_t> delays) {
    assert(!delays.empty() && table.size() % delays.size() == 0);
    return static_cast<int64_t>(table.size() / delays.size());
}

size_t at(int64_t position, size_t channel, span<const int32_t> delays) {
    return static_cast<size_t>(position) * delays.size() + channel;
}

}  // namespace

void apply_delay(span<const int32_t> frames, span<const int32_t> delays, int32_t before, int32_t after,
                 span<int32_t> delayed) {
    assert(frames.size() == delayed.size());
    const int64_t n = n_positions(frames, delays);
    for (int64_t t = 0; t < n; ++t) {
        for (size_t c = 0; c < delays.size(); ++c) {
            const int64_t source = t - delays[c];
            int32_t token = 0;
            if (source < 0) {
                token = before;
            } else if (source >= n) {
                token = after;
            } else {
                token = frames[at(source, c, delays)];
            }
            delayed[at(t, c, delays)] = token;
        }
    }
}

void revert_delay(span<const int32_t> delayed, span<const int32_t> delays, int32_t filler, span<int32_t> frames) {
    assert(frames.size() == delayed.size());
    const int64_t n = n_positions(delayed, delays);
    for (int64_t t = 0; t < n; ++t) {
        for (size_t c = 0; c < delays.size(); ++c) {
            const int64_t source = t + delays[c];
            frames[at(t, c, delays)] = source < n ? delayed[at(source, c, delays)] : filler;
        }
    }
}

std::vector<int32_t> forced_tokens(span<const int32_t> prompt_codes, span<const int32_t> delays, int32_t bos,
                                   int32_t pad) {
    assert(prompt_codes.size() % delays.size() == 0);
    const auto max_delay = static_cast<size_t>(*std::max_element(delays.begin(), delays.end()));
    std::vector<int32_t> frames;
    frames.reserve(prompt_codes.size() + (1 + max_delay) * delays.size());
    frames.insert(frames.end(), delays.size(), bos);
    frames.insert(frames.end(), prompt_codes.begin(), prompt_codes.end());
    frames.insert(frames.end(), max_delay * delays.size(), pad);
    std::vector<int32_t> delayed(frames.size());
    apply_delay(frames, delays, bos, pad, delayed);
    return delayed;
}

bool is_frame_complete(span<const int32_t> tokens, span<const int32_t> delays, int32_t n_codes,
                       int64_t first_position, int64_t frame) {
    const int64_t n = n_positions(tokens, delays);
    for (size_t c = 0; c < delays.size(); ++c) {
        const int64_t position = first_position + frame + delays[c];
        if (position >= n) {
            return false;
        }
        const int32_t token = tokens[at(position, c, delays)];
        if (token < 0 || token >= n_codes) {
            return false;
        }
    }
    return true;
}

}  // namespace dia
