// Every type of weights on every golden checkpoint: it loads, its teacher-forced logits stay near those of the F32
// model, and it generates the same tokens for the same seed, alone and in a batch. Where the blocks of a type do
// not divide the rows another type stands in for it (docs/quantization.md), and is what is compared here.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "comparison.h"
#include "generation/generation_params.h"
#include "generation/generator.h"
#include "gguf/gguf_file.h"
#include "gguf/storage_type.h"
#include "golden_case.h"
#include "golden_inputs.h"
#include "golden_model.h"
#include "model/decoder_session.h"

namespace dia::testing {
namespace {

// How far the logits may be from those of F32: the root mean square of the differences, relative to that of the
// logits. Weights, activations and caches are rounded, and the small models of the golden sets, being random, pass
// every rounding on; logits that have nothing to do with each other would be at 1.4. The bounds are twice what is
// measured on the project's own sets.
struct Bound {
    dia_type type;
    double relative_rms;
};
constexpr Bound kBounds[] = {
    {DIA_TYPE_F16, 4e-3}, {DIA_TYPE_BF16, 2e-2}, {DIA_TYPE_Q8_0, 7e-2},  {DIA_TYPE_Q6_K, 0.2}, {DIA_TYPE_Q5_K, 0.4},
    {DIA_TYPE_Q5_0, 0.4}, {DIA_TYPE_Q4_K, 0.8},  {DIA_TYPE_IQ4_NL, 0.8}, {DIA_TYPE_Q4_0, 0.8},
};

double relative_rms(const std::vector<float> & actual, const std::vector<float> & expected) {
    double error = 0.0;
    double size = 0.0;
    for (size_t i = 0; i < expected.size(); ++i) {
        const double difference = static_cast<double>(actual[i]) - static_cast<double>(expected[i]);
        error += difference * difference;
        size += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
    }
    return std::sqrt(error / size);
}

using Case = std::tuple<const GoldenSet *, Bound>;

class QuantizedParity : public ::testing::TestWithParam<Case> {
protected:
    const GoldenSet & set() const { return *std::get<0>(GetParam()); }
    dia_type type() const { return std::get<1>(GetParam()).type; }
    std::shared_ptr<const Model> model(dia_type type) const { return golden_model(set(), type); }

    // The types that Dia's matrices really have, and how many of them.
    std::map<std::string, int> types_in_file() const {
        std::map<std::string, int> counts;
        const GgufFile file(set().gguf(type()));
        for (const GgufTensor & tensor : file.tensors()) {
            if (tensor.name.rfind("dia.", 0) == 0 && tensor.shape.size() == 2) {
                ++counts[ggml_type_name(tensor.type)];
            }
        }
        return counts;
    }

    // Logits of every position of the decoder cases, whose tokens are given.
    std::vector<float> teacher_forced_logits(dia_type weights) const {
        std::vector<float> logits;
        for (const nlohmann::json & entry : set().cases("decoder")) {
            const Array<int32_t> ids = set().ints(entry, "input_ids");
            const Array<int32_t> tokens = set().ints(entry, "decoder_input_ids");
            DecoderSessionOptions options;
            options.n_positions = tokens.shape[1];
            options.kv_type = weights == DIA_TYPE_F32 ? DIA_TYPE_F32 : DIA_TYPE_F16;
            options.n_threads = 1;
            DecoderSession session(model(weights), options);
            const size_t n_tokens = static_cast<size_t>(tokens.shape[1] * tokens.shape[2]);
            const PrefixLogits found = session.prefill_logits(
                0, span<const int32_t>(ids.values).subspan(0, static_cast<size_t>(ids.shape[1])),
                span<const int32_t>(tokens.values).subspan(0, n_tokens));
            logits.insert(logits.end(), found.conditional.begin(), found.conditional.end());
            logits.insert(logits.end(), found.unconditional.begin(), found.unconditional.end());
        }
        return logits;
    }

    std::vector<std::vector<int32_t>> generate(const std::vector<std::string> & texts) const {
        dia_generation_params params = default_generation_params();
        params.has_seed = 1;
        params.seed = 77;
        params.n_threads = 1;
        params.max_new_tokens = 30;
        Generator generator(model(type())->hparams.dia, std::nullopt, params, model_predictor(model(type())));
        for (const std::string & text : texts) {
            generator.add_text(text);
        }
        generator.prefill();
        while (generator.step() > 0) {
        }
        std::vector<std::vector<int32_t>> tokens;
        for (int32_t i = 0; i < generator.n_rows(); ++i) {
            tokens.emplace_back(generator.row(i).tokens().begin(), generator.row(i).tokens().end());
        }
        return tokens;
    }
};

TEST_P(QuantizedParity, StoresTheTypeOrWhatStandsInForIt) {
    std::set<dia_type> allowed = {type()};
    for (dia_type next = type(); is_quantized(next);) {
        next = storage_type(next).fallback;
        allowed.insert(next);
    }
    for (const auto & [name, count] : types_in_file()) {
        EXPECT_TRUE(std::any_of(allowed.begin(), allowed.end(), [&](dia_type t) { return type_name(t) == name; }))
            << name;
        print_row(set().name(), std::string(type_name(type())) + " stored as " + name, count, count);
    }
}

TEST_P(QuantizedParity, StaysNearTheLogitsOfF32) {
    const std::vector<float> expected = teacher_forced_logits(DIA_TYPE_F32);
    const std::vector<float> actual = teacher_forced_logits(type());
    ASSERT_EQ(actual.size(), expected.size());
    if (expected.empty()) {
        GTEST_SKIP() << "the set has no decoder cases";
    }
    const double error = relative_rms(actual, expected);
    const double bound = std::get<1>(GetParam()).relative_rms;
    std::printf("%-10s %-8s relative rms of the logits %.5f, bound %.5f\n", set().name().c_str(), type_name(type()),
                error, bound);
    EXPECT_LE(error, bound);
}

TEST_P(QuantizedParity, GeneratesTheSameTokensForTheSameSeedAloneAndInABatch) {
    const std::vector<std::string> texts = {"[S1] Hello there.", "[S2] One, two, three, four? (laughs) [S1] Five!",
                                            "[S1] Yes."};
    const auto together = generate(texts);
    EXPECT_EQ(generate(texts), together);
    for (size_t i = 0; i < texts.size(); ++i) {
        EXPECT_GT(together[i].size(), 9u);
        EXPECT_EQ(generate({texts[i]}).front(), together[i]) << "row " << i;
    }
}

std::vector<const GoldenSet *> all_sets() {
    std::vector<const GoldenSet *> sets;
    for (const auto & set : golden_sets()) {
        sets.push_back(set.get());
    }
    return sets;
}

std::string case_name(const ::testing::TestParamInfo<Case> & instance) {
    std::string name = std::get<0>(instance.param)->name() + "_" + type_name(std::get<1>(instance.param).type);
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Golden, QuantizedParity,
                         ::testing::Combine(::testing::ValuesIn(all_sets()), ::testing::ValuesIn(kBounds)),
                         case_name);

}  // namespace
}  // namespace dia::testing
