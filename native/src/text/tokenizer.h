// Byte-level tokenizer: a text is its UTF-8 bytes, and three literal tags share ids with control bytes:
// "<pad>" 0, "[S1]" 1, "[S2]" 2. Mirrors DiaTokenizer of the reference, except that decoding yields UTF-8 where
// the reference yields one Latin-1 character per byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/span.h"

namespace dia {

constexpr int32_t kTokenizerVocabSize = 256;

// Encodes any bytes. Nothing is added, trimmed, normalised or truncated.
std::vector<int32_t> tokenize(std::string_view text);

// Decodes ids into UTF-8; bytes that are not UTF-8 become U+FFFD. `skip_special_tokens` drops "<pad>" alone: the
// speaker tags are not special in the reference either. Throws DIA_STATUS_INVALID_ARGUMENT for an id outside
// 0 to 255.
std::string detokenize(span<const int32_t> ids, bool skip_special_tokens);

// Encodes a text that is meant to be spoken. Throws DIA_STATUS_INVALID_ARGUMENT for an empty text, for invalid
// UTF-8, for the literal "<pad>" and for the bytes 0 to 2, which alias tags; DIA_STATUS_TEXT_TOO_LONG for more than
// `max_ids` ids.
std::vector<int32_t> tokenize_script(std::string_view text, int64_t max_ids);

}  // namespace dia
