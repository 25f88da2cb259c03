#include "quantize/name_pattern.h"

namespace dia {

namespace {

constexpr size_t kNone = std::string_view::npos;

// Whether `name` begins with what fits the pattern. Only the last "*" is ever retried, so the time is the product
// of the two lengths at most.
bool begins_with(std::string_view name, std::string_view pattern) {
    size_t at = 0;
    size_t in_pattern = 0;
    size_t star = kNone;
    size_t star_at = 0;
    while (in_pattern < pattern.size()) {
        if (pattern[in_pattern] == '*') {
            star = in_pattern++;
            star_at = at;
        } else if (at < name.size() && (pattern[in_pattern] == '?' || pattern[in_pattern] == name[at])) {
            ++at;
            ++in_pattern;
        } else if (star != kNone && star_at < name.size()) {
            in_pattern = star + 1;
            at = ++star_at;
        } else {
            return false;
        }
    }
    return true;
}

}  // namespace

bool contains_pattern(std::string_view name, std::string_view pattern) {
    for (size_t first = 0; first <= name.size(); ++first) {
        if (begins_with(name.substr(first), pattern)) {
            return true;
        }
    }
    return false;
}

}  // namespace dia
