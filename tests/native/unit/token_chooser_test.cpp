#include "generation/token_chooser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "expect_error.h"
#include "generation/generation_params.h"
#include "generation/rng.h"
#include "generation/sampler.h"

namespace dia {
namespace {

constexpr size_t kTokens = 8;  // codes 0 to 4, EOS 5, PAD 6, BOS 7

DiaHparams two_channels() {
    DiaHparams hparams;
    hparams.decoder.num_channels = 2;
    hparams.decoder.vocab_size = kTokens;
    hparams.eos_token_id = 5;
    hparams.pad_token_id = 6;
    hparams.bos_token_id = 7;
    hparams.delay_pattern = {0, 2};
    return hparams;
}

// The worked example of the reference, in two channels.
const std::vector<float> kConditional = {0.5f, 2.0f, 1.0f, -1.0f, 3.0f,  1.5f, 0.0f, 0.2f,
                                         1.0f, 0.0f, 2.5f, 2.0f,  -0.5f, 0.3f, 0.7f, 0.1f};
const std::vector<float> kUnconditional = {0.4f, 2.5f, 0.5f, -1.5f, 3.2f,  0.5f, 0.1f, 0.2f,
                                           1.2f, 0.5f, 2.0f, 1.0f,  -0.5f, 0.0f, 0.9f, 0.1f};

class TokenChooserTest : public ::testing::Test {
protected:
    std::vector<int32_t> choose(const Place & place = {}) {
        TokenChooser chooser(hparams_, params_);
        EndOfSpeech end(hparams_.delay_pattern, hparams_.eos_token_id, 1000);
        std::vector<int32_t> tokens(2);
        const bool guided = uses_guidance(params_);
        chooser.choose({conditional_, guided ? span<const float>(unconditional_) : span<const float>()}, place, end,
                       tokens);
        return tokens;
    }

    DiaHparams hparams_ = two_channels();
    dia_generation_params params_ = default_generation_params();
    std::vector<float> conditional_ = kConditional;
    std::vector<float> unconditional_ = kUnconditional;
};

TEST_F(TokenChooserTest, GreedyChoosesTheBestConditionalAmongTheBestGuided) {
    params_.do_sample = 0;
    params_.top_k = 3;
    EXPECT_EQ(choose(), (std::vector<int32_t>{4, 2}));
    params_.top_k = 1;
    EXPECT_EQ(choose(), (std::vector<int32_t>{5, 3})) << "channel 0 ends, as EOS is the best guided one";
    params_.top_k = 0;
    EXPECT_EQ(choose(), (std::vector<int32_t>{5, 3})) << "the guided scores themselves";
    params_.guidance_scale = 1.0f;
    EXPECT_EQ(choose(), (std::vector<int32_t>{4, 2}));
}

TEST_F(TokenChooserTest, TemperatureZeroIsGreedy) {
    params_.temperature = 0.0f;
    params_.top_k = 3;
    EXPECT_EQ(choose(), (std::vector<int32_t>{4, 2}));
}

TEST_F(TokenChooserTest, AlwaysFindsATokenThatTheChannelMayGive) {
    params_.top_k = 1;
    conditional_[8 + 6] = 100.0f;  // PAD is the loudest on channel 1 and BOS on channel 0
    conditional_[7] = 100.0f;
    for (const int32_t do_sample : {0, 1}) {
        params_.do_sample = do_sample;
        const std::vector<int32_t> tokens = choose();
        EXPECT_EQ(tokens, (std::vector<int32_t>{5, 3})) << "the best guided ids among those allowed";
    }
}

TEST_F(TokenChooserTest, DoesNotEndBeforeItMay) {
    params_.do_sample = 0;
    params_.top_k = 0;
    Place place;
    place.may_end = false;
    EXPECT_EQ(choose(place)[0], 2);
    params_.top_k = 1;
    EXPECT_EQ(choose(place)[0], 2) << "where EOS is the only one that guidance keeps";
}

TEST_F(TokenChooserTest, DrawsByThePlaceAlone) {
    params_.guidance_scale = 1.0f;
    params_.top_p = 1.0f;
    std::vector<double> probabilities(5);  // of the codes
    for (int64_t position = 0; position < 50; ++position) {
        Place place;
        place.position = position;
        place.seed = 42;
        const std::vector<int32_t> tokens = choose(place);
        EXPECT_EQ(tokens, choose(place));
        std::vector<float> scores(kConditional.begin(), kConditional.begin() + 5);
        for (float & score : scores) {
            score /= params_.temperature;
        }
        softmax(scores, probabilities);
        EXPECT_EQ(tokens[0], draw(probabilities, uniform(42, position, 0)));
    }
}

TEST_F(TokenChooserTest, ReportsScoresThatOverflow) {
    params_.temperature = 1e-39f;
    Place place;
    place.row = 2;
    place.position = 17;
    testing::expect_error(DIA_STATUS_NOT_A_NUMBER, {"row 2", "channel 0", "position 17", "inf", "temperature"},
                          [&] { choose(place); });
}

TEST(RequireFinite, NamesThePlaceOfTheFirstBadLogit) {
    Place place;
    place.row = 3;
    place.position = 21;
    std::vector<float> bad = kUnconditional;
    bad[8 + 4] = std::numeric_limits<float>::quiet_NaN();
    testing::expect_error(DIA_STATUS_NOT_A_NUMBER,
                          {"nan", "unconditional", "token 4", "row 3", "channel 1", "position 21"}, [&] {
                              require_finite({kConditional, bad}, 2, place);
                          });
    bad = kConditional;
    bad[0] = -std::numeric_limits<float>::infinity();
    testing::expect_error(DIA_STATUS_NOT_A_NUMBER, {"-inf", "conditional", "token 0", "channel 0"}, [&] {
        require_finite({bad, {}}, 2, place);
    });
    require_finite({kConditional, kUnconditional}, 2, place);
}

}  // namespace
}  // namespace dia
