// The tags are found leftmost first in the bytes; none is a prefix of another, so the order of the table is free.
#include "text/tokenizer.h"

#include <array>

#include "support/error.h"
#include "text/utf8.h"

namespace dia {

namespace {

struct Tag {
    std::string_view text;
    int32_t id;
};

constexpr std::string_view kPadTag = "<pad>";
constexpr int32_t kPadId = 0;
constexpr std::array<Tag, 3> kTags = {{{kPadTag, kPadId}, {"[S1]", 1}, {"[S2]", 2}}};

const Tag * tag_at_start(std::string_view text) {
    for (const Tag & tag : kTags) {
        if (text.substr(0, tag.text.size()) == tag.text) {
            return &tag;
        }
    }
    return nullptr;
}

void require_valid_utf8(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
        const Utf8Sequence sequence = first_utf8_sequence(text.substr(i));
        if (!sequence.valid) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "the text is not UTF-8: byte 0x%02X at offset %zu",
                 static_cast<unsigned>(static_cast<unsigned char>(text[i])), i);
        }
        i += sequence.length;
    }
}

void require_no_aliases(std::string_view text) {
    const size_t pad = text.find(kPadTag);
    if (pad != std::string_view::npos) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "the text contains the padding tag \"<pad>\" at offset %zu", pad);
    }
    const size_t control = text.find_first_of(std::string_view("\0\1\2", 3));
    if (control != std::string_view::npos) {
        fail(DIA_STATUS_INVALID_ARGUMENT,
             "the text contains the control byte %d at offset %zu; the bytes 0 to 2 would be read as tags",
             static_cast<int>(text[control]), control);
    }
}

}  // namespace

std::vector<int32_t> tokenize(std::string_view text) {
    std::vector<int32_t> ids;
    ids.reserve(text.size());
    while (!text.empty()) {
        if (const Tag * tag = tag_at_start(text)) {
            ids.push_back(tag->id);
            text.remove_prefix(tag->text.size());
        } else {
            ids.push_back(static_cast<unsigned char>(text.front()));
            text.remove_prefix(1);
        }
    }
    return ids;
}

std::string detokenize(span<const int32_t> ids, bool skip_special_tokens) {
    std::string text;
    std::string bytes;  // since the last tag
    for (size_t i = 0; i < ids.size(); ++i) {
        const int32_t id = ids[i];
        if (id < 0 || id >= kTokenizerVocabSize) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "id %zu is %d; ids are 0 to %d", i, id, kTokenizerVocabSize - 1);
        }
        if (id >= static_cast<int32_t>(kTags.size())) {
            bytes += static_cast<char>(id);
            continue;
        }
        append_utf8(bytes, text);
        bytes.clear();
        if (id != kPadId || !skip_special_tokens) {
            text += kTags[static_cast<size_t>(id)].text;
        }
    }
    append_utf8(bytes, text);
    return text;
}

std::vector<int32_t> tokenize_script(std::string_view text, int64_t max_ids) {
    if (text.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "the text is empty");
    }
    require_valid_utf8(text);
    require_no_aliases(text);
    std::vector<int32_t> ids = tokenize(text);
    if (static_cast<int64_t>(ids.size()) > max_ids) {
        fail(DIA_STATUS_TEXT_TOO_LONG, "the text has %zu tokens; the model reads at most %lld", ids.size(),
             static_cast<long long>(max_ids));
    }
    return ids;
}

}  // namespace dia
