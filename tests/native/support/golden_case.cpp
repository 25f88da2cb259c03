#include "golden_case.h"

#include <algorithm>
#include <cctype>
#include <ostream>

namespace dia::testing {

std::vector<GoldenCase> golden_cases(const std::string & kind) {
    std::vector<GoldenCase> found;
    for (const auto & set : golden_sets()) {
        for (const nlohmann::json & entry : set->cases(kind)) {
            found.push_back({set.get(), entry});
        }
    }
    return found;
}

std::string golden_case_name(const ::testing::TestParamInfo<GoldenCase> & info) {
    std::string name = info.param.set->name() + "_" + info.param.id() + "_" + std::to_string(info.index);
    const auto is_plain = [](unsigned char character) { return std::isalnum(character) != 0; };
    std::replace_if(
        name.begin(), name.end(), [&](char character) { return !is_plain(character); }, '_');
    return name;
}

void PrintTo(const GoldenCase & golden_case, std::ostream * stream) {
    *stream << golden_case.set->name() << ": " << golden_case.id();
}

}  // namespace dia::testing
