// What the reference's processor makes of texts and audio prompts - the padded batch - against the rows of which a
// generator is made: exact.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "comparison.h"
#include "generation/delay_pattern.h"
#include "golden_case.h"
#include "golden_inputs.h"
#include "text/tokenizer.h"

namespace dia {
namespace {

using testing::Array;
using testing::golden_case_name;
using testing::golden_cases;
using testing::GoldenCase;
using testing::GoldenRow;
using testing::GoldenSet;

class ProcessorParity : public ::testing::TestWithParam<GoldenCase> {
protected:
    void SetUp() override {
        const GoldenCase & golden = GetParam();
        if (golden.entry.contains("error")) {
            GTEST_SKIP() << "the reference refuses a batch whose texts and prompts differ in number ("
                         << golden.entry.at("message") << "); a row here has its own prompt or none";
        }
    }

    const GoldenSet & set() const { return *GetParam().set; }

    void expect_equal(const std::string & tensor, const std::vector<int32_t> & actual) {
        const Array<int32_t> expected = set().ints(GetParam().entry, tensor);
        ASSERT_EQ(actual.size(), expected.values.size()) << tensor;
        EXPECT_EQ(actual, expected.values) << tensor;
        const int64_t n_equal = testing::count_equal(actual, expected.values);
        testing::print_row(set().name(), GetParam().id() + " " + tensor, n_equal,
                           static_cast<int64_t>(actual.size()));
    }
};

// The codes that the reference's DAC gives for this prompt, [frames][C], if the set has them.
std::optional<std::vector<int32_t>> encoded_prompt(const GoldenSet & set, const std::string & prompt) {
    for (const nlohmann::json & entry : set.cases("dac_encode")) {
        if (entry.at("prompt") != prompt) {
            continue;
        }
        const Array<int32_t> codes = set.ints(entry, "audio_codes");  // [C][frames]
        const int64_t n_channels = codes.shape.at(0);
        const int64_t n_frames = codes.shape.at(1);
        std::vector<int32_t> frames;
        for (int64_t t = 0; t < n_frames; ++t) {
            for (int64_t c = 0; c < n_channels; ++c) {
                frames.push_back(codes.values[static_cast<size_t>(c * n_frames + t)]);
            }
        }
        return frames;
    }
    return std::nullopt;
}

TEST_P(ProcessorParity, PadsTextsOnTheRight) {
    const auto texts = GetParam().entry.at("texts").get<std::vector<std::string>>();
    size_t longest = 0;
    for (const std::string & text : texts) {
        longest = std::max(longest, tokenize(text).size());
    }
    std::vector<int32_t> input_ids;
    std::vector<int32_t> attention_mask;
    for (const std::string & text : texts) {
        const std::vector<int32_t> ids = tokenize(text);
        input_ids.insert(input_ids.end(), ids.begin(), ids.end());
        input_ids.insert(input_ids.end(), longest - ids.size(), 0);
        attention_mask.insert(attention_mask.end(), ids.size(), 1);
        attention_mask.insert(attention_mask.end(), longest - ids.size(), 0);
    }
    expect_equal("input_ids", input_ids);
    expect_equal("attention_mask", attention_mask);
}

TEST_P(ProcessorParity, DelaysPromptsAndPadsThemOnTheLeft) {
    const nlohmann::json & manifest = set().manifest();
    const auto delays = manifest.at("delay_pattern").get<std::vector<int32_t>>();
    const int32_t bos = manifest.at("special_tokens").at("bos");
    const int32_t pad = manifest.at("special_tokens").at("pad");
    const std::vector<GoldenRow> rows = golden_rows(GetParam());

    std::vector<int32_t> decoder_input_ids;
    std::vector<int32_t> decoder_mask;
    for (const GoldenRow & row : rows) {
        const std::vector<int32_t> forced = forced_tokens(row.prompt_codes, delays, bos, pad);
        const auto left_padding = static_cast<size_t>(row.left_padding);
        decoder_input_ids.insert(decoder_input_ids.end(), left_padding * delays.size(), bos);
        decoder_input_ids.insert(decoder_input_ids.end(), forced.begin(), forced.end());
        decoder_mask.insert(decoder_mask.end(), left_padding, 0);
        decoder_mask.insert(decoder_mask.end(), forced.size() / delays.size(), 1);
        const auto n_frames = static_cast<int64_t>(row.prompt_codes.size() / delays.size());
        EXPECT_EQ(row.left_padding + 1 + n_frames, GetParam().entry.at("valid_len").get<int64_t>());
        EXPECT_EQ(row.left_padding + 1 + n_frames, GetParam().entry.at("audio_prompt_len").get<int64_t>());
    }
    expect_equal("decoder_input_ids", decoder_input_ids);
    expect_equal("decoder_attention_mask", decoder_mask);
}

TEST_P(ProcessorParity, UndoesTheDelayOfThePromptsCodes) {
    const nlohmann::json & prompts = GetParam().entry.at("prompts");
    if (prompts.is_null()) {
        GTEST_SKIP() << "the case has no audio prompt";
    }
    const std::vector<GoldenRow> rows = golden_rows(GetParam());
    for (size_t b = 0; b < rows.size(); ++b) {
        const auto codes = encoded_prompt(set(), prompts.at(b));
        if (!codes) {
            GTEST_SKIP() << "the set has no golden codes of prompt " << prompts.at(b);
        }
        EXPECT_EQ(rows[b].prompt_codes, *codes) << "prompt " << prompts.at(b);
    }
}

// Golden sets need not have such cases.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ProcessorParity);

INSTANTIATE_TEST_SUITE_P(Golden, ProcessorParity, ::testing::ValuesIn(golden_cases("processor")), golden_case_name);

}  // namespace
}  // namespace dia
