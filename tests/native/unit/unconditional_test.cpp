// The unconditional branch as the reference computes it, on a text of zeros of whatever length with cross-attention
// over all its positions, against the constants that stand for it.
#include "model/unconditional.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "backend/backends.h"
#include "comparison.h"
#include "hash_model.h"
#include "model/decoder_session.h"
#include "model/encoder.h"
#include "model/model.h"

namespace dia {
namespace {

using testing::difference;
using testing::hash_tiny_hparams;
using testing::make_hash_model;

const std::vector<int32_t> kTokens = {1026, 1026, 1026, 1026, 1026, 1026, 1026, 1026, 1026,  //
                                      5,    1026, 1026, 1026, 1026, 1026, 1026, 1026, 1026,  //
                                      17,   3,    900,  1026, 1026, 1026, 1026, 1026, 1026};

// Shared heads in cross-attention.
DiaHparams shared_heads() {
    DiaHparams hparams = hash_tiny_hparams();
    hparams.decoder.cross_num_attention_heads = 6;
    return hparams;
}

PrefixLogits logits_of(std::shared_ptr<const Model> model, const std::vector<int32_t> & text, bool guidance) {
    DecoderSessionOptions options;
    options.n_positions = 3;
    options.guidance = guidance;
    options.n_threads = 1;
    return DecoderSession(model, options).prefill_logits(0, text, kTokens);
}

TEST(Unconditional, encoder_states_of_zeros_are_one_vector) {
    const auto model = make_hash_model(hash_tiny_hparams());
    const Backends backends(model->placement.devices(), 1);
    const std::vector<float> one = encode_text(*model, backends, std::vector<int32_t>{0});
    const std::vector<float> many = encode_text(*model, backends, std::vector<int32_t>(100, 0));
    for (size_t s = 0; s < 100; ++s) {
        EXPECT_LE(difference(span<const float>(many).subspan(s * one.size(), one.size()), one).max_abs, 2e-6)
            << "position " << s;
    }
}

TEST(Unconditional, constants_equal_cross_attention_over_zeros) {
    for (const DiaHparams & hparams : {hash_tiny_hparams(), shared_heads()}) {
        const auto model = make_hash_model(hparams);
        const PrefixLogits guided = logits_of(model, {1, 32, 72, 105}, true);
        ASSERT_EQ(guided.unconditional.size(), guided.conditional.size());
        for (const size_t length : {1, 4, 70}) {
            // Without guidance, a text of zeros runs through the whole of cross-attention.
            const PrefixLogits plain = logits_of(model, std::vector<int32_t>(length, 0), false);
            EXPECT_TRUE(plain.unconditional.empty());
            EXPECT_LE(difference(guided.unconditional, plain.conditional).max_abs, 1e-5) << length << " zeros";
        }
        EXPECT_GT(difference(guided.unconditional, guided.conditional).max_abs, 0.1) << "the branches must differ";
    }
}

TEST(Unconditional, guidance_leaves_the_conditional_branch_as_it_is) {
    const auto model = make_hash_model(hash_tiny_hparams());
    const PrefixLogits guided = logits_of(model, {1, 32, 72, 105}, true);
    const PrefixLogits alone = logits_of(model, {1, 32, 72, 105}, false);
    EXPECT_LE(difference(guided.conditional, alone.conditional).max_abs, 1e-5);
}

TEST(Unconditional, is_computed_once_for_all_threads) {
    const auto model = make_hash_model(hash_tiny_hparams());
    std::vector<std::vector<ggml_tensor *>> constants(4);
    std::vector<std::thread> threads;
    for (std::vector<ggml_tensor *> & result : constants) {
        threads.emplace_back([&model, &result] {
            result = model->unconditional.cross_attention(*model, Backends(model->placement.devices(), 1));
        });
    }
    for (std::thread & thread : threads) {
        thread.join();
    }
    EXPECT_EQ(std::count(constants.begin(), constants.end(), constants[0]), 4);
    ASSERT_EQ(constants[0].size(), 2);
    EXPECT_EQ(constants[0][0]->ne[0], 24);
}

}  // namespace
}  // namespace dia
