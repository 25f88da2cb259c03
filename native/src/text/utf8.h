// Reads UTF-8 strictly: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dia {

// The start of a text: either one character, or the longest run of bytes that could have begun one (at least 1),
// which stands for one U+FFFD.
struct Utf8Sequence {
    size_t length = 0;
    bool valid = false;
};

// `text` must not be empty.
Utf8Sequence first_utf8_sequence(std::string_view text) noexcept;

// Appends `bytes` as valid UTF-8, each run of bytes that is none as U+FFFD.
void append_utf8(std::string_view bytes, std::string & text);

}  // namespace dia
