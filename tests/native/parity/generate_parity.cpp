// Whole generations against those of the reference. Its sequences are padded to a batch: audio prompts with BOS on
// the left, rows that end early with PAD on the right. Rows here hold neither, so that they are compared in
// between.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "comparison.h"
#include "generation/end_of_speech.h"
#include "generation/generation_params.h"
#include "generation/generator.h"
#include "generation/token_chooser.h"
#include "golden_case.h"
#include "golden_inputs.h"
#include "golden_model.h"
#include "golden_params.h"

namespace dia {
namespace {

using testing::Array;
using testing::golden_case_name;
using testing::golden_cases;
using testing::golden_model;
using testing::GoldenCase;
using testing::GoldenRow;
using testing::GoldenSet;

using Tokens = std::vector<int32_t>;

struct GeneratedRow {
    Tokens tokens;  // [positions][C], delayed, prefix included
    int64_t limit = 0;
    int64_t n_frames = 0;
    dia_finish_reason finish_reason = DIA_FINISH_REASON_NONE;
};

constexpr int64_t kToTheEnd = kMaxPositions;

std::vector<GeneratedRow> generate(const std::shared_ptr<const Model> & model, const dia_generation_params & params,
                                   const std::vector<GoldenRow> & rows, int64_t max_steps = kToTheEnd) {
    Generator generator(model->hparams.dia, std::nullopt, params, model_predictor(model));
    for (const GoldenRow & row : rows) {
        Utterance utterance;
        utterance.input_ids = row.input_ids;
        utterance.prompt_codes = row.prompt_codes;
        generator.add_utterance(std::move(utterance));
    }
    generator.prefill();
    for (int64_t steps = 0; steps < max_steps && generator.step() > 0; ++steps) {
    }
    std::vector<GeneratedRow> generated;
    for (int32_t i = 0; i < generator.n_rows(); ++i) {
        const GenerationRow & row = generator.row(i);
        generated.push_back(
            {Tokens(row.tokens().begin(), row.tokens().end()), row.limit(), row.n_frames(), row.finish_reason()});
    }
    return generated;
}

class GenerateParity : public ::testing::TestWithParam<GoldenCase> {
protected:
    void SetUp() override {
        const GoldenCase & golden = GetParam();
        if (golden.entry.contains("error")) {
            GTEST_SKIP() << "the reference refuses this: " << golden.entry.at("message");
        }
        if (const std::optional<std::string> unknown = golden_params_.read(golden.entry.at("params"))) {
            GTEST_SKIP() << "the parameter " << *unknown << " is not offered";
        }
        params_ = golden_params_.params();
        params_.n_threads = 1;  // tiny graphs gain nothing from more
        rows_ = testing::golden_rows(golden);
        sequences_ = golden.set->ints(golden.entry, "sequences");  // [B][total_len][C]
    }

    std::shared_ptr<const Model> model(dia_type type) const { return golden_model(*GetParam().set, type); }

    // The reference counts max_length and min_length over the padding on the left; a row that was padded has less
    // left of them.
    dia_generation_params params_for(const GoldenRow & row) const {
        dia_generation_params params = params_;
        if (params.max_length > 0) {
            params.max_length -= row.left_padding;
        }
        params.min_length = std::max<int64_t>(params.min_length - row.left_padding, 0);
        return params;
    }

    std::vector<GeneratedRow> generate_alone(dia_type type, int64_t max_steps = kToTheEnd) const {
        std::vector<GeneratedRow> generated;
        for (const GoldenRow & row : rows_) {
            generated.push_back(generate(model(type), params_for(row), {row}, max_steps).front());
        }
        return generated;
    }

    std::vector<GeneratedRow> generate_batch(dia_type type, int64_t max_steps = kToTheEnd) const {
        const bool is_padded =
            std::any_of(rows_.begin(), rows_.end(), [](const auto & row) { return row.left_padding > 0; });
        if (is_padded && (params_.max_length > 0 || params_.min_length > 0)) {
            return generate_alone(type, max_steps);  // the limits differ from row to row
        }
        return generate(model(type), params_for(rows_.front()), rows_, max_steps);
    }

    int64_t n_channels() const { return sequences_.shape.at(2); }

    // The reference's row without the padding on the left, [total_len - left_padding][C].
    Tokens expected_tokens(size_t b) const {
        const auto n = static_cast<std::ptrdiff_t>(sequences_.shape.at(1) * n_channels());
        const auto first = sequences_.values.begin() + static_cast<std::ptrdiff_t>(b) * n;
        return Tokens(first + rows_[b].left_padding * n_channels(), first + n);
    }

    // A row as the reference gives it: with PAD after its end.
    Tokens padded(Tokens tokens, size_t size) const {
        const int32_t pad = GetParam().set->manifest().at("special_tokens").at("pad");
        tokens.resize(std::max(size, tokens.size()), pad);
        return tokens;
    }

    // Compares all rows; returns the number of equal tokens.
    int64_t expect_equal(const std::vector<GeneratedRow> & generated, const std::string & how) const {
        int64_t n_equal = 0;
        for (size_t b = 0; b < rows_.size(); ++b) {
            const Tokens expected = expected_tokens(b);
            const Tokens actual = padded(generated[b].tokens, expected.size());
            EXPECT_EQ(actual.size(), expected.size()) << how << ", row " << b << ": its number of positions";
            const size_t n = std::min(actual.size(), expected.size());
            const auto difference =
                std::mismatch(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(n), actual.begin())
                    .first -
                expected.begin();
            EXPECT_EQ(difference, static_cast<std::ptrdiff_t>(n))
                << how << ", row " << b << ": first difference at position " << difference / n_channels()
                << ", channel " << difference % n_channels();
            n_equal += testing::count_equal({actual.data(), n}, {expected.data(), n});
        }
        return n_equal;
    }

    // Compares where and why the rows end.
    void expect_ends(const std::vector<GeneratedRow> & generated) const {
        const nlohmann::json & entry = GetParam().entry;
        for (size_t b = 0; b < rows_.size(); ++b) {
            const nlohmann::json & end = entry.at("eos").at(b);
            const bool has_end = !end.at("eos_index").is_null();
            const int64_t n_frames =
                has_end ? end.at("eos_index").get<int64_t>() - entry.at("valid_len").get<int64_t>() : 0;
            EXPECT_EQ(generated[b].n_frames, n_frames) << "row " << b;
            EXPECT_EQ(generated[b].limit, entry.at("length_limit").get<int64_t>() - rows_[b].left_padding);
            EXPECT_EQ(generated[b].finish_reason,
                      end.at("cause") == "natural" ? DIA_FINISH_REASON_END_OF_SPEECH : DIA_FINISH_REASON_LENGTH);
        }
    }

    int64_t n_expected() const {
        int64_t n = 0;
        for (size_t b = 0; b < rows_.size(); ++b) {
            n += static_cast<int64_t>(expected_tokens(b).size());
        }
        return n;
    }

    testing::GoldenParams golden_params_{default_generation_params()};
    dia_generation_params params_ = {};
    std::vector<GoldenRow> rows_;
    Array<int32_t> sequences_;
};

TEST_P(GenerateParity, GivesEveryTokenOfTheReference) {
    const std::vector<GeneratedRow> generated = generate_batch(DIA_TYPE_F32);
    const int64_t n_equal = expect_equal(generated, "batch");
    testing::print_row(GetParam().set->name(), GetParam().id(), n_equal, n_expected());
    expect_ends(generated);
}

TEST_P(GenerateParity, GivesTheSameTokensForRowsAlone) {
    const std::vector<GeneratedRow> generated = generate_alone(DIA_TYPE_F32);
    expect_equal(generated, "alone");
    expect_ends(generated);
}

// The reference kept its logits and scores at a few steps.
class GenerateScoresParity : public GenerateParity {
protected:
    // The state of a row's end before `position`.
    EndOfSpeech end_before(int64_t position, size_t b) const {
        const DiaHparams & hparams = model(DIA_TYPE_F32)->hparams.dia;
        EndOfSpeech end(hparams.delay_pattern, hparams.eos_token_id, GetParam().entry.at("length_limit"));
        const nlohmann::json & eos_index = GetParam().entry.at("eos").at(b).at("eos_index");
        if (!eos_index.is_null() && eos_index.get<int64_t>() < position) {
            std::vector<float> scores(static_cast<size_t>(n_channels() * hparams.decoder.vocab_size), 0.0f);
            scores[static_cast<size_t>(hparams.eos_token_id)] = 1.0f;
            end.apply(scores, eos_index);
        }
        return end;
    }

    std::vector<float> scores_at(int64_t step) const {
        const Array<float> logits = GetParam().set->floats(GetParam().entry, "raw_logits_" + std::to_string(step));
        const size_t n = static_cast<size_t>(logits.shape.at(1) * logits.shape.at(2));
        TokenChooser chooser(model(DIA_TYPE_F32)->hparams.dia, params_);
        std::vector<float> scores;
        for (size_t b = 0; b < rows_.size(); ++b) {
            RowLogits row;
            row.conditional = span<const float>(logits.values).subspan(b * n, n);
            if (uses_guidance(params_)) {
                row.unconditional = span<const float>(logits.values).subspan((rows_.size() + b) * n, n);
            }
            Place place;
            place.position = GetParam().entry.at("valid_len").get<int64_t>() + step;
            EndOfSpeech end = end_before(place.position, b);
            const span<const float> row_scores = chooser.score(row, place, end);
            scores.insert(scores.end(), row_scores.begin(), row_scores.end());
        }
        return scores;
    }
};

// The steps of which a case has logits.
std::vector<int64_t> steps_with_logits(const GoldenCase & golden) {
    std::vector<int64_t> steps;
    const int64_t n_steps = golden.entry.value("total_len", int64_t{0});
    for (int64_t step = 0; step < n_steps; ++step) {
        if (golden.set->has(golden.entry, "raw_logits_" + std::to_string(step))) {
            steps.push_back(step);
        }
    }
    return steps;
}

std::vector<GoldenCase> cases_with_logits() {
    std::vector<GoldenCase> found = golden_cases("generate");
    const auto has_none = [](const GoldenCase & golden) { return steps_with_logits(golden).empty(); };
    found.erase(std::remove_if(found.begin(), found.end(), has_none), found.end());
    return found;
}

TEST_P(GenerateScoresParity, GivesTheScoresOfTheReferenceFromItsLogits) {
    constexpr double kTolerance = 1e-5;
    for (const int64_t step : steps_with_logits(GetParam())) {
        const std::string tensor = "scores_" + std::to_string(step);
        const Array<float> expected = GetParam().set->floats(GetParam().entry, tensor);
        const testing::Difference difference = testing::difference(scores_at(step), expected.values);
        testing::print_row(GetParam().set->name(), GetParam().id() + " " + tensor, difference, kTolerance);
        EXPECT_LE(difference.max_abs, kTolerance) << tensor << ", first at index " << difference.worst_index;
    }
}

// Rounded weights change tokens; how many is reported. Beside the type stand the positions up to which all tokens
// agree, here / in the reference itself when its weights are rounded.
class RoundedGenerateParity : public GenerateParity {
protected:
    void report(dia_type type, const char * type_name) {
        const std::vector<GeneratedRow> generated = generate_batch(type);
        int64_t n_equal = 0;
        int64_t n_agreeing = sequences_.shape.at(1);
        for (size_t b = 0; b < rows_.size(); ++b) {
            const Tokens expected = expected_tokens(b);
            Tokens actual = padded(generated[b].tokens, expected.size());
            actual.resize(expected.size());
            n_equal += testing::count_equal(actual, expected);
            const auto first = std::mismatch(expected.begin(), expected.end(), actual.begin()).first;
            if (first != expected.end()) {
                n_agreeing =
                    std::min(n_agreeing, rows_[b].left_padding + (first - expected.begin()) / n_channels());
            }
            EXPECT_NE(generated[b].finish_reason, DIA_FINISH_REASON_NONE);
        }
        const int64_t reference = GetParam().entry.at("frames_agreeing_if_weights_rounded").at(type_name);
        const std::string agreement = std::to_string(n_agreeing) + "/" + std::to_string(reference);
        const std::string name = GetParam().id() + " " + type_name + " " + agreement;
        testing::print_row(GetParam().set->name(), name, n_equal, n_expected());
    }
};

TEST_P(RoundedGenerateParity, ReportsTheTokensThatAgreeWithF16Weights) {
    report(DIA_TYPE_F16, "f16");
}

TEST_P(RoundedGenerateParity, ReportsTheTokensThatAgreeWithQ8Weights) {
    report(DIA_TYPE_Q8_0, "q8_0");
}

// Sampling with the texts of a case: tokens are a function of the text and the seed alone.
class SampledGeneration : public GenerateParity {
protected:
    void SetUp() override {
        GenerateParity::SetUp();
        params_.do_sample = 1;
        params_.top_p = 0.95f;
        params_.has_seed = 1;
        params_.seed = 1234;
        params_.max_length = 0;
        params_.max_new_tokens = 40;
    }
};

std::vector<Tokens> tokens_of(const std::vector<GeneratedRow> & generated) {
    std::vector<Tokens> tokens;
    for (const GeneratedRow & row : generated) {
        tokens.push_back(row.tokens);
    }
    return tokens;
}

TEST_P(SampledGeneration, GivesTheSameTokensForTheSameSeedAndForRowsAlone) {
    const std::vector<Tokens> expected = tokens_of(generate_batch(DIA_TYPE_F32));
    EXPECT_EQ(tokens_of(generate_batch(DIA_TYPE_F32)), expected);
    EXPECT_EQ(tokens_of(generate_alone(DIA_TYPE_F32)), expected);
}

TEST_P(SampledGeneration, GivesOtherTokensForAnotherSeed) {
    const std::vector<Tokens> first = tokens_of(generate_batch(DIA_TYPE_F32));
    params_.seed = 4321;
    EXPECT_NE(tokens_of(generate_batch(DIA_TYPE_F32)), first);
}

class ThreadedGeneration : public SampledGeneration {};

// Threads meet after every node of a graph. Where there are fewer cores than threads each meeting waits for the
// system's scheduler, so that a few steps of two rows must do.
TEST_P(ThreadedGeneration, GivesTheSameTokensForEveryNumberOfThreads) {
    rows_.resize(std::min<size_t>(rows_.size(), 2));
    for (const auto & [n_threads, n_steps] : {std::pair(2, 8), std::pair(4, 1)}) {
        params_.n_threads = 1;
        const std::vector<Tokens> expected = tokens_of(generate_batch(DIA_TYPE_F32, n_steps));
        params_.n_threads = n_threads;
        EXPECT_EQ(tokens_of(generate_batch(DIA_TYPE_F32, n_steps)), expected) << n_threads << " threads, batch";
        EXPECT_EQ(generate(model(DIA_TYPE_F32), params_for(rows_[0]), {rows_[0]}, n_steps).front().tokens,
                  expected[0])
            << n_threads << " threads, alone";
    }
}

// Of every set the case with the most rows.
std::vector<GoldenCase> largest_batches() {
    std::vector<GoldenCase> largest;
    for (const GoldenCase & golden : golden_cases("generate")) {
        if (largest.empty() || largest.back().set != golden.set) {
            largest.push_back(golden);
        } else if (golden.entry.at("texts").size() > largest.back().entry.at("texts").size()) {
            largest.back() = golden;
        }
    }
    return largest;
}

// Golden sets need not have such cases.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GenerateParity);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GenerateScoresParity);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RoundedGenerateParity);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ThreadedGeneration);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SampledGeneration);

INSTANTIATE_TEST_SUITE_P(Golden, GenerateParity, ::testing::ValuesIn(golden_cases("generate")), golden_case_name);
INSTANTIATE_TEST_SUITE_P(GoldenOptions, GenerateParity, ::testing::ValuesIn(golden_cases("options_generate")),
                         golden_case_name);
INSTANTIATE_TEST_SUITE_P(Golden, GenerateScoresParity, ::testing::ValuesIn(cases_with_logits()), golden_case_name);
INSTANTIATE_TEST_SUITE_P(Golden, RoundedGenerateParity, ::testing::ValuesIn(golden_cases("generate")),
                         golden_case_name);
INSTANTIATE_TEST_SUITE_P(Golden, ThreadedGeneration, ::testing::ValuesIn(largest_batches()), golden_case_name);
INSTANTIATE_TEST_SUITE_P(Golden, SampledGeneration, ::testing::ValuesIn(golden_cases("generate")),
                         golden_case_name);

}  // namespace
}  // namespace dia
