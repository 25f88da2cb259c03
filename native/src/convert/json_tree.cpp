#include "convert/json_tree.h"

#include <utility>

#include "support/error.h"

namespace dia {

using Json = nlohmann::json;

namespace {

constexpr int kMaxDepth = 64;  // take_apart() recurses

// Leaves nothing for a destructor to walk through.
void take_apart(Json & value) noexcept {
    if (value.is_structured()) {
        for (Json & element : value) {
            take_apart(element);
        }
        value.clear();
    }
}

struct Dismantler {
    void operator()(Json * tree) const noexcept {
        take_apart(*tree);
        delete tree;
    }
};

}  // namespace

JsonTree parse_json(const std::string & path, span<const uint8_t> text, const Json::parser_callback_t & check) {
    const auto check_depth = [&](int depth, Json::parse_event_t event, Json & value) {
        if (depth > kMaxDepth) {
            fail(DIA_STATUS_INVALID_FILE, "%s: the JSON is nested more than %d levels deep", path.c_str(),
                 kMaxDepth);
        }
        return check == nullptr || check(depth, event, value);
    };
    std::unique_ptr<Json, Dismantler> tree(new Json);
    *tree = Json::parse(text.begin(), text.end(), check_depth);
    return tree;
}

}  // namespace dia
