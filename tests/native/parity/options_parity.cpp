// Every generation option as the reference applies it: made-up logits and a made-up history through the whole chain
// of processors. Removed tokens must be the same ones. Whole generations with options are cases of
// generate_parity.cpp.
#include <gtest/gtest.h>

#include <algorithm>

#include "comparison.h"
#include "generation/end_of_speech.h"
#include "generation/generation_params.h"
#include "generation/token_chooser.h"
#include "golden_case.h"
#include "golden_model.h"
#include "golden_params.h"

namespace dia {
namespace {

using testing::Array;
using testing::golden_case_name;
using testing::golden_cases;
using testing::GoldenCase;

class OptionScoresParity : public ::testing::TestWithParam<GoldenCase> {
protected:
    const nlohmann::json & entry() const { return GetParam().entry; }

    // [2 or 1][C][V]: conditional and, with guidance, unconditional.
    std::vector<float> logits(const DiaHparams & hparams) const {
        std::vector<float> values =
            GetParam().set->floats(entry().at("file").get<std::string>(), "options/logits").values;
        const auto eos = static_cast<size_t>(hparams.eos_token_id);
        values[eos] = entry().at("end_logit");
        values[values.size() / 2 + eos] = entry().at("end_logit_unconditional");
        return values;
    }

    // The scores that are left, at their places; -inf elsewhere.
    std::vector<float> expected(size_t n) const {
        const Array<int32_t> ids = GetParam().set->ints(entry(), "ids");
        const Array<float> scores = GetParam().set->floats(entry(), "scores");
        std::vector<float> expected(n, kRemoved);
        for (size_t i = 0; i < ids.values.size(); ++i) {
            expected.at(static_cast<size_t>(ids.values[i])) = scores.values[i];
        }
        return expected;
    }
};

TEST_P(OptionScoresParity, GivesTheScoresOfTheReference) {
    const DiaHparams hparams = testing::golden_model(*GetParam().set, DIA_TYPE_F32)->hparams.dia;
    testing::GoldenParams params(default_generation_params());
    if (const std::optional<std::string> unknown = params.read(entry().at("params"))) {
        GTEST_SKIP() << "the parameter " << *unknown << " is not offered";
    }
    const std::vector<float> all = logits(hparams);
    const size_t n = all.size() / 2;
    RowLogits row;
    row.conditional = span(all.data(), n);
    if (uses_guidance(params.params())) {
        row.unconditional = span(all.data() + n, n);
    }
    const std::vector<int32_t> history =
        GetParam().set->ints(entry().at("file").get<std::string>(), "options/history").values;
    Place place;
    place.position = entry().at("position");
    place.prefix = entry().at("prefix");
    place.tokens = history;
    place.may_end = place.position >= params.params().min_length &&
                    place.position - place.prefix >= params.params().min_new_tokens;

    TokenChooser chooser(hparams, params.params());
    EndOfSpeech end(hparams.delay_pattern, hparams.eos_token_id, kMaxPositions);
    // Where channel 0 ends the delay pattern leaves the end a score of 0, in the reference too.
    const span<const float> scores = chooser.score(row, place, end);

    const double limit = entry().at("tolerance").at("atol");
    const testing::Difference difference = testing::difference(scores, expected(n));
    testing::print_row(GetParam().set->name(), GetParam().id(), difference, limit);
    EXPECT_LE(difference.max_abs, limit) << "first at index " << difference.worst_index;
}

TEST(OptionCases, AreInTheSets) {
    for (const auto & set : testing::golden_sets()) {
        if (set->cases("options_scores").empty()) {
            GTEST_SKIP() << "the set " << set->name() << " has no options_scores";
        }
    }
}

// Golden sets need not have such cases.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OptionScoresParity);
INSTANTIATE_TEST_SUITE_P(Golden, OptionScoresParity, ::testing::ValuesIn(golden_cases("options_scores")),
                         golden_case_name);

}  // namespace
}  // namespace dia
