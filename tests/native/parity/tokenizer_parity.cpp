// The tokenizer against every text of the golden sets: exact.
#include <gtest/gtest.h>

#include <fstream>

#include "comparison.h"
#include "golden_case.h"
#include "text/tokenizer.h"

namespace dia {
namespace {

using testing::golden_case_name;
using testing::golden_cases;
using testing::GoldenCase;

class TokenizerParity : public ::testing::TestWithParam<GoldenCase> {};

std::string from_hex(const std::string & hex) {
    std::string bytes;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

TEST_P(TokenizerParity, GivesTheIdsOfTheReference) {
    const GoldenCase & golden = GetParam();
    const std::string path = golden.set->golden_dir() + "/" + golden.entry.at("file").get<std::string>();
    std::ifstream file(path);
    const nlohmann::json texts = nlohmann::json::parse(file);
    ASSERT_EQ(texts.size(), golden.entry.at("count").get<size_t>()) << path;
    int64_t n_equal = 0;
    int64_t n_ids = 0;
    for (const nlohmann::json & text : texts) {
        const std::string bytes = from_hex(text.at("utf8_hex"));
        const auto expected = text.at("ids").get<std::vector<int32_t>>();
        const std::vector<int32_t> ids = tokenize(bytes);
        ASSERT_EQ(ids, expected) << text.at("text");
        if (bytes.find_first_of(std::string("\0\1\2", 3)) == std::string::npos) {  // these alias the tags
            EXPECT_EQ(detokenize(ids, false), bytes) << "decoded again";
        }
        n_equal += testing::count_equal(ids, expected);
        n_ids += static_cast<int64_t>(expected.size());
    }
    testing::print_row(golden.set->name(), golden.id(), n_equal, n_ids);
}

// Golden sets need not have such cases.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TokenizerParity);

INSTANTIATE_TEST_SUITE_P(Golden, TokenizerParity, ::testing::ValuesIn(golden_cases("tokenizer")), golden_case_name);

}  // namespace
}  // namespace dia
