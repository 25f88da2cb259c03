// The cases of one kind in all golden sets, as parameters of a test:
//
//     GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EncoderParity);  // a set need not have such cases
//     INSTANTIATE_TEST_SUITE_P(Golden, EncoderParity, ::testing::ValuesIn(golden_cases("encoder")),
//     golden_case_name);
#pragma once

#include <gtest/gtest.h>

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "golden_set.h"

namespace dia::testing {

struct GoldenCase {
    const GoldenSet * set = nullptr;
    nlohmann::json entry;

    std::string id() const { return entry.at("id"); }
};

std::vector<GoldenCase> golden_cases(const std::string & kind);

// "tiny_bf16_generate_text_eos_17": what a name of GoogleTest may hold, and unique even if two sets share a name.
std::string golden_case_name(const ::testing::TestParamInfo<GoldenCase> & info);

// For messages of GoogleTest.
void PrintTo(const GoldenCase & golden_case, std::ostream * stream);

}  // namespace dia::testing
