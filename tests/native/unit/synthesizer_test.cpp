// Models of random weights: the same seed gives the same file, and it loads and speaks in every type.
#include "synthesis/synthesizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "dac/dac_codec.h"
#include "expect_error.h"
#include "generation/generation_params.h"
#include "generation/generator.h"
#include "gguf/storage_type.h"
#include "model/model.h"
#include "temporary_folder.h"

namespace dia::testing {
namespace {

class SynthesizerTest : public ::testing::TestWithParam<dia_type> {
protected:
    std::string synthesize(const std::string & name, dia_type type, uint64_t seed, int32_t n_threads = 1) {
        SynthesisOptions options;
        options.preset = "tiny";
        options.seed = seed;
        options.write.types.type = type;
        options.write.n_threads = n_threads;
        options.write.output_path = folder_.path(name);
        synthesize_model(options);
        return options.write.output_path;
    }

    TemporaryFolder folder_;
};

TEST_P(SynthesizerTest, makes_a_model_that_speaks) {
    const auto model = load_model(synthesize("tiny.gguf", GetParam(), 0), {});
    std::string type = type_name(GetParam());
    std::replace(type.begin(), type.end(), 'K', 'k');
    EXPECT_EQ(model->description, "Dia 7.8M " + type + " + DAC f32");

    dia_generation_params params = generation_params_of(model->hparams.generation);
    params.has_seed = 1;
    params.max_new_tokens = 24;
    Generator generator(model->hparams.dia, std::nullopt, params, model_predictor(model));
    generator.add_text("[S1] Hello.");
    generator.prefill();
    while (generator.step() > 0) {
    }
    const GenerationRow & row = generator.row(0);
    ASSERT_GT(row.n_frames(), 0);
    std::vector<int32_t> codes(static_cast<size_t>(row.n_frames() * generator.n_channels()));
    row.copy_frames(0, codes);

    DacCodec codec(model, {});
    std::vector<float> samples(static_cast<size_t>(row.n_frames() * codec.hop_length()));
    codec.decode(codes, 0, row.n_frames(), samples);
    const auto [least, largest] = std::minmax_element(samples.begin(), samples.end());
    std::printf("%s: %lld frames, samples from %g to %g\n", type_name(GetParam()),
                static_cast<long long>(row.n_frames()), *least, *largest);
    EXPECT_TRUE(std::all_of(samples.begin(), samples.end(), [](float sample) { return std::isfinite(sample); }));
    EXPECT_LT(*least, *largest);
}

std::vector<dia_type> all_types() {
    std::vector<dia_type> types;
    for (const StorageType & type : storage_types()) {
        types.push_back(type.type);
    }
    return types;
}

INSTANTIATE_TEST_SUITE_P(EveryType, SynthesizerTest, ::testing::ValuesIn(all_types()),
                         [](const auto & test) { return std::string(type_name(test.param)); });

TEST_F(SynthesizerTest, makes_the_same_file_of_the_same_seed) {
    const std::string first = read_file(synthesize("first.gguf", DIA_TYPE_Q8_0, 7));
    EXPECT_EQ(read_file(synthesize("again.gguf", DIA_TYPE_Q8_0, 7, 3)), first);
    EXPECT_NE(read_file(synthesize("other.gguf", DIA_TYPE_Q8_0, 8)), first);
}

TEST_F(SynthesizerTest, leaves_nothing_behind_when_it_is_stopped) {
    SynthesisOptions options;
    options.preset = "overhead";
    options.write.output_path = folder_.path("stopped.gguf");
    options.write.progress = [](int64_t done, int64_t) { return done == 0; };
    expect_error(DIA_STATUS_CANCELLED, {"stopped.gguf"}, [&] { synthesize_model(options); });
    EXPECT_EQ(folder_.names(), std::vector<std::string>());
}

}  // namespace
}  // namespace dia::testing
