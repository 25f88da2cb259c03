// Table 3-7 of the Unicode standard: which second bytes a first byte allows; later bytes are 80..BF.
#include "text/utf8.h"

#include <algorithm>
#include <cassert>

namespace dia {

namespace {

struct Lead {
    size_t length = 0;  // 0: no character begins with this byte
    unsigned char second_min = 0x80;
    unsigned char second_max = 0xBF;
};

Lead lead_of(unsigned char byte) noexcept {
    if (byte < 0x80) {
        return {1};
    }
    if (byte >= 0xC2 && byte <= 0xDF) {
        return {2};
    }
    if (byte >= 0xE0 && byte <= 0xEF) {
        const unsigned char second_min = byte == 0xE0 ? 0xA0 : 0x80;  // no overlong forms
        const unsigned char second_max = byte == 0xED ? 0x9F : 0xBF;  // no surrogates
        return {3, second_min, second_max};
    }
    if (byte >= 0xF0 && byte <= 0xF4) {
        const unsigned char second_min = byte == 0xF0 ? 0x90 : 0x80;  // no overlong forms
        const unsigned char second_max = byte == 0xF4 ? 0x8F : 0xBF;  // nothing above U+10FFFF
        return {4, second_min, second_max};
    }
    return {};
}

}  // namespace

Utf8Sequence first_utf8_sequence(std::string_view text) noexcept {
    assert(!text.empty());
    const auto byte_at = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
    const Lead lead = lead_of(byte_at(0));
    if (lead.length == 0) {
        return {1, false};
    }
    for (size_t i = 1; i < lead.length; ++i) {
        const unsigned char min = i == 1 ? lead.second_min : 0x80;
        const unsigned char max = i == 1 ? lead.second_max : 0xBF;
        if (i == text.size() || byte_at(i) < min || byte_at(i) > max) {
            return {i, false};
        }
    }
    return {lead.length, true};
}

void append_utf8(std::string_view bytes, std::string & text) {
    constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD
    while (!bytes.empty()) {
        const Utf8Sequence sequence = first_utf8_sequence(bytes);
        text += sequence.valid ? bytes.substr(0, sequence.length) : kReplacementCharacter;
        bytes.remove_prefix(sequence.length);
    }
}

}  // namespace dia
