// Every logits processor alone, and whole chains as the reference's generate() assembles them: scores,
// probabilities, and draws from them. Removed tokens (-inf) must be the same ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "comparison.h"
#include "generation/end_of_speech.h"
#include "generation/generation_params.h"
#include "generation/guidance.h"
#include "generation/logits_processors.h"
#include "generation/rng.h"
#include "generation/sampler.h"
#include "generation/token_chooser.h"
#include "golden_case.h"
#include "golden_model.h"
#include "golden_params.h"

namespace dia {
namespace {

using testing::Array;
using testing::Difference;
using testing::golden_case_name;
using testing::golden_cases;
using testing::GoldenCase;

// The entries of a list inside the case "samplers", each as a case of its own.
std::vector<GoldenCase> sampler_cases(const std::string & list) {
    std::vector<GoldenCase> found;
    for (const GoldenCase & golden : golden_cases("samplers")) {
        for (nlohmann::json entry : golden.entry.at(list)) {
            entry["file"] = golden.entry.at("file");
            entry["tolerance"] = golden.entry.at("tolerance");
            found.push_back({golden.set, entry});
        }
    }
    return found;
}

bool is_end_of_speech(const GoldenCase & golden) {
    return golden.entry.at("processor") == "eos_delay_pattern";
}

std::vector<GoldenCase> processor_cases(bool end_of_speech) {
    std::vector<GoldenCase> found = sampler_cases("processors");
    const auto other = [=](const GoldenCase & golden) { return is_end_of_speech(golden) != end_of_speech; };
    found.erase(std::remove_if(found.begin(), found.end(), other), found.end());
    return found;
}

class SamplerParity : public ::testing::TestWithParam<GoldenCase> {
protected:
    const nlohmann::json & entry() const { return GetParam().entry; }
    double tolerance(const char * kind) const { return entry().at("tolerance").at(kind); }
    int32_t n_channels() const { return GetParam().set->manifest().at("channels"); }
    int32_t eos() const { return GetParam().set->manifest().at("special_tokens").at("eos"); }
    size_t n_tokens() const { return GetParam().set->manifest().at("vocab"); }
    size_t n_row() const { return static_cast<size_t>(n_channels()) * n_tokens(); }

    Array<float> floats(const std::string & tensor) const {
        return GetParam().set->floats(entry().at("file").get<std::string>(), "samplers/" + tensor);
    }

    void compare(const std::string & name, const std::vector<float> & actual, const Array<float> & expected,
                 double limit) const {
        ASSERT_EQ(actual.size(), expected.values.size());
        const Difference difference = testing::difference(actual, expected.values);
        testing::print_row(GetParam().set->name(), "samplers/" + name, difference, limit);
        EXPECT_LE(difference.max_abs, limit) << name << ", first at index " << difference.worst_index;
    }
};

class LogitsProcessorParity : public SamplerParity {
protected:
    std::vector<float> input() const {
        const std::string name = entry().at("input");
        const std::string output_of = "output of ";
        if (name.rfind(output_of, 0) == 0) {
            return floats(name.substr(output_of.size())).values;
        }
        std::vector<float> logits = floats(name == "logits_ties" ? name : "logits").values;
        if (name == "logits[:2]") {
            logits.resize(2 * n_row());
        }
        return logits;
    }

    // Applies a function to every channel: its scores and its index.
    template <typename Function>
    std::vector<float> for_every_channel(Function && function) const {
        std::vector<float> scores = input();
        for (size_t start = 0; start < scores.size(); start += n_tokens()) {
            const auto channel = static_cast<int32_t>(start / n_tokens()) % n_channels();
            function(span<float>(scores).subspan(start, n_tokens()), channel);
        }
        return scores;
    }

    std::vector<float> with_guidance() const {
        const std::vector<float> logits = input();
        const nlohmann::json & top_k = entry().at("guidance_top_k");
        const auto n_all = static_cast<int32_t>(n_tokens());
        std::vector<float> scores(logits.size() / 2);
        ScoreScratch scratch(n_tokens());
        for (size_t start = 0; start < scores.size(); start += n_tokens()) {
            const span<const float> all(logits);
            apply_guidance(all.subspan(start, n_tokens()), all.subspan(scores.size() + start, n_tokens()),
                           entry().at("guidance_scale"), top_k.is_null() ? 0 : top_k.get<int32_t>(), n_all,
                           span<float>(scores).subspan(start, n_tokens()), scratch);
        }
        return scores;
    }
};

TEST_P(LogitsProcessorParity, GivesTheScoresOfTheReference) {
    const std::string processor = entry().at("processor");
    ScoreScratch scratch(n_tokens());
    std::vector<float> scores;
    if (processor == "cfg") {
        scores = with_guidance();
    } else if (processor == "eos_channel_filter") {
        scores = for_every_channel([&](span<float> s, int32_t channel) { filter_special_ids(s, channel, eos()); });
    } else if (processor == "temperature") {
        scores =
            for_every_channel([&](span<float> s, int32_t) { apply_temperature(s, entry().at("temperature")); });
    } else if (processor == "top_k") {
        scores = for_every_channel([&](span<float> s, int32_t) { keep_top_k(s, entry().at("top_k"), scratch); });
    } else if (processor == "top_p") {
        scores = for_every_channel([&](span<float> s, int32_t) { keep_top_p(s, entry().at("top_p"), scratch); });
    } else {
        GTEST_SKIP() << "the processor " << processor << " is not offered";
    }
    compare(GetParam().id(), scores, floats(GetParam().id()), tolerance("atol"));
}

class EndOfSpeechParity : public SamplerParity {};

TEST_P(EndOfSpeechParity, EndsTheChannelsWhereTheReferenceDoes) {
    const auto delays = GetParam().set->manifest().at("delay_pattern").get<std::vector<int32_t>>();
    const Array<int32_t> expected =
        GetParam().set->ints(entry().at("file").get<std::string>(), "samplers/" + GetParam().id());
    const int64_t eos_step = entry().at("eos_step_item0");
    const std::vector<float> logits = floats("logits").values;
    std::vector<EndOfSpeech> ends(2, EndOfSpeech(delays, eos(), entry().at("max_length")));
    std::vector<int32_t> best;
    for (int64_t step = 0; step < expected.shape.at(0); ++step) {
        std::vector<float> at_step;
        for (size_t item = 0; item < 2; ++item) {
            const auto first = logits.begin() + static_cast<std::ptrdiff_t>(item * n_row());
            std::vector<float> scores(first, first + static_cast<std::ptrdiff_t>(n_row()));
            scores[static_cast<size_t>(eos())] = item == 0 && step == eos_step ? 100.0f : -30.0f;
            ends[item].apply(scores, entry().at("first_length").get<int64_t>() + step);
            for (size_t start = 0; start < scores.size(); start += n_tokens()) {
                best.push_back(argmax(span<const float>(scores).subspan(start, n_tokens())));
            }
            at_step.insert(at_step.end(), scores.begin(), scores.end());
        }
        if (step == eos_step + 8) {
            compare("delay_scores_at_eos_plus_8", at_step, floats("delay_scores_at_eos_plus_8"), tolerance("atol"));
        }
    }
    ASSERT_EQ(best.size(), expected.values.size());
    EXPECT_EQ(best, expected.values);
    testing::print_row(GetParam().set->name(), "samplers/" + GetParam().id(),
                       testing::count_equal(best, expected.values), static_cast<int64_t>(best.size()));
}

class SamplingChainParity : public SamplerParity {
protected:
    // The parameters that the chain states; the others are those of the checkpoint's generation_config.json.
    // Returns false for one that is not offered.
    bool read_params() {
        golden_params_.emplace(
            generation_params_of(golden_model(*GetParam().set, DIA_TYPE_F32)->hparams.generation));
        if (const std::optional<std::string> unknown = golden_params_->read(entry().at("params"))) {
            unknown_ = *unknown;
            return false;
        }
        params_ = golden_params_->params();
        // The reference raises lower values to 1; this library takes them as they are.
        params_.temperature = std::max(params_.temperature, 1.0f);
        return true;
    }

    std::string row_name() const {
        const nlohmann::json & params = entry().at("params");
        const bool is_clamped = params.contains("temperature") && params.at("temperature").is_number() &&
                                params.at("temperature").get<float>() < 1.0f;
        return GetParam().id() + (is_clamped ? " (temperature as 1)" : "");
    }

    // The scores of both items, [2][C][V]. The sequence has 5 positions, as it had for the reference.
    std::vector<float> chain_scores() const {
        const std::vector<float> logits = floats("logits").values;
        const std::shared_ptr<const Model> model = golden_model(*GetParam().set, DIA_TYPE_F32);
        const DiaHparams & hparams = model->hparams.dia;
        TokenChooser chooser(hparams, params_);
        std::vector<float> scores;
        for (size_t item = 0; item < 2; ++item) {
            EndOfSpeech end(hparams.delay_pattern, hparams.eos_token_id, 3072);
            const span<const float> all(logits);
            RowLogits row;
            row.conditional = all.subspan(item * n_row(), n_row());
            if (uses_guidance(params_)) {
                row.unconditional = all.subspan((2 + item) * n_row(), n_row());
            }
            Place place;
            place.position = 5;
            const span<const float> row_scores = chooser.score(row, place, end);
            scores.insert(scores.end(), row_scores.begin(), row_scores.end());
        }
        return scores;
    }

    std::optional<testing::GoldenParams> golden_params_;  // has the arrays of params_
    dia_generation_params params_ = {};
    std::string unknown_;
};

TEST_P(SamplingChainParity, GivesTheScoresAndProbabilitiesOfTheReference) {
    if (!read_params()) {
        GTEST_SKIP() << "the parameter " << unknown_ << " is not offered";
    }
    const std::vector<float> scores = chain_scores();
    compare(row_name() + " scores", scores, floats(GetParam().id() + "_scores"), tolerance("atol"));

    std::vector<float> probabilities;
    std::vector<double> channel(n_tokens());
    for (size_t start = 0; start < scores.size(); start += n_tokens()) {
        softmax(span<const float>(scores).subspan(start, n_tokens()), channel);
        std::transform(channel.begin(), channel.end(), std::back_inserter(probabilities),
                       [](double p) { return static_cast<float>(p); });
    }
    compare(row_name() + " probs", probabilities, floats(GetParam().id() + "_probs"), tolerance("probs"));
}

// The value that chi-square with `n` degrees of freedom exceeds with probability 1e-4 (Wilson and Hilferty).
double chi_square_bound(int n) {
    const double spread = 2.0 / (9.0 * n);
    return n * std::pow(1.0 - spread + 3.719 * std::sqrt(spread), 3.0);
}

// Pearson's statistic over the tokens that are expected at least five times; the rest count as one.
void expect_fits(const std::vector<int> & counts, span<const float> probabilities, int n_draws, int32_t channel) {
    double chi_square = 0.0;
    double rest_expected = 0.0;
    int rest_count = 0;
    int n_bins = 0;
    const auto add_bin = [&](double expected, int count) {
        chi_square += (count - expected) * (count - expected) / expected;
        ++n_bins;
    };
    for (size_t id = 0; id < counts.size(); ++id) {
        const double expected = static_cast<double>(probabilities[id]) * n_draws;
        if (expected >= 5.0) {
            add_bin(expected, counts[id]);
        } else {
            ASSERT_TRUE(expected > 0.0 || counts[id] == 0) << "token " << id << " has probability 0";
            rest_expected += expected;
            rest_count += counts[id];
        }
    }
    if (rest_expected >= 5.0) {
        add_bin(rest_expected, rest_count);
    }
    if (n_bins > 1) {
        EXPECT_LT(chi_square, chi_square_bound(n_bins - 1)) << n_bins << " bins, channel " << channel;
    } else {
        EXPECT_GE(n_bins, 1) << "nothing was drawn in channel " << channel;
    }
}

TEST_P(SamplingChainParity, DrawsByTheProbabilitiesOfTheReference) {
    if (!read_params()) {
        GTEST_SKIP() << "the parameter " << unknown_ << " is not offered";
    }
    if (!draws_tokens(params_)) {
        GTEST_SKIP() << "the chain does not sample";
    }
    constexpr int kDraws = 4000;
    constexpr uint64_t kSeed = 20240607;
    const std::vector<float> scores = chain_scores();
    const Array<float> golden = floats(GetParam().id() + "_probs");
    std::vector<double> probabilities(n_tokens());
    for (size_t start = 0; start < scores.size(); start += n_tokens()) {
        softmax(span<const float>(scores).subspan(start, n_tokens()), probabilities);
        const auto channel = static_cast<int32_t>(start / n_tokens());  // of both items, 0 to 2C - 1
        std::vector<int> counts(n_tokens(), 0);
        for (int position = 0; position < kDraws; ++position) {
            ++counts[static_cast<size_t>(draw(probabilities, uniform(kSeed, position, channel)))];
        }
        expect_fits(counts, span<const float>(golden.values).subspan(start, n_tokens()), kDraws, channel);
    }
}

// Golden sets need not have such cases.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LogitsProcessorParity);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EndOfSpeechParity);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SamplingChainParity);

INSTANTIATE_TEST_SUITE_P(Golden, LogitsProcessorParity, ::testing::ValuesIn(processor_cases(false)),
                         golden_case_name);
INSTANTIATE_TEST_SUITE_P(Golden, EndOfSpeechParity, ::testing::ValuesIn(processor_cases(true)), golden_case_name);
INSTANTIATE_TEST_SUITE_P(Golden, SamplingChainParity, ::testing::ValuesIn(sampler_cases("chains")),
                         golden_case_name);

}  // namespace
}  // namespace dia
