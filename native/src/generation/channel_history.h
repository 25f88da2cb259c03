// The tokens that one channel has had so far, the prefix included: a column of a table [position][C].
#pragma once

#include <cassert>
#include <cstdint>

#include "support/span.h"

namespace dia {

class ChannelHistory {
public:
    ChannelHistory() noexcept = default;
    ChannelHistory(span<const int32_t> tokens, int32_t n_channels, int32_t channel) noexcept
        : tokens_(tokens), n_channels_(static_cast<size_t>(n_channels)), channel_(static_cast<size_t>(channel)) {
        assert(tokens.size() % n_channels_ == 0 && channel_ < n_channels_);
    }

    size_t size() const noexcept { return tokens_.size() / n_channels_; }
    int32_t operator[](size_t position) const noexcept { return tokens_[position * n_channels_ + channel_]; }

    // Whether `tokens` stands at `position` and after it; all of it must lie within the history.
    bool has_at(size_t position, span<const int32_t> tokens) const noexcept {
        for (size_t i = 0; i < tokens.size(); ++i) {
            if ((*this)[position + i] != tokens[i]) {
                return false;
            }
        }
        return true;
    }

private:
    span<const int32_t> tokens_;
    size_t n_channels_ = 1;
    size_t channel_ = 0;
};

}  // namespace dia
