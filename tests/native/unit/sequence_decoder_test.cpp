#include "model/sequence_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

#include "comparison.h"
#include "expect_error.h"
#include "hash_model.h"
#include "model/decoder_session.h"
#include "model/model.h"
#include "model/text_encoding.h"
#include "support/memory_ledger.h"

namespace dia {
namespace {

using testing::difference;
using testing::expect_error;
using testing::hash_tiny_hparams;
using testing::make_hash_model;

constexpr int64_t kChannels = 9;
constexpr Taps kAllTaps = {true, true};

std::vector<int32_t> make_text(int32_t length) {
    std::vector<int32_t> ids;
    for (int32_t i = 0; i < length; ++i) {
        ids.push_back(32 + i * 7 % 90);
    }
    return ids;
}

std::vector<int32_t> make_tokens(int64_t n_positions) {
    std::vector<int32_t> tokens;
    for (int64_t i = 0; i < n_positions * kChannels; ++i) {
        tokens.push_back(static_cast<int32_t>(i * 31 % 1028));
    }
    return tokens;
}

std::shared_ptr<const TextEncoding> make_encoding(std::shared_ptr<const Model> model, int32_t length = 12,
                                                  const Taps & taps = {}) {
    return encode(std::move(model), make_text(length), {}, {1, taps, nullptr});
}

SequenceDecoderOptions one_thread(int64_t max_positions = 0) {
    SequenceDecoderOptions options;
    options.n_threads = 1;
    options.max_positions = max_positions;
    return options;
}

SequenceInput input_of(span<const int32_t> tokens, const Taps & taps = {}) {
    SequenceInput input;
    input.tokens = tokens;
    input.taps = taps;
    return input;
}

span<const int32_t> positions_of(const std::vector<int32_t> & tokens, int64_t first, int64_t count) {
    return span<const int32_t>(tokens).subspan(static_cast<size_t>(first * kChannels),
                                               static_cast<size_t>(count * kChannels));
}

// The outputs of the positions, run in parts, one after the other; attentions of the last part.
SequenceOutputs run_in_parts(const std::shared_ptr<const TextEncoding> & text, const std::vector<int64_t> & parts,
                             const std::vector<int32_t> & tokens) {
    SequenceDecoder decoder(text, one_thread());
    SequenceOutputs all;
    int64_t first = 0;
    for (const int64_t part : parts) {
        decoder.run(input_of(positions_of(tokens, first, part), kAllTaps));
        const SequenceOutputs & outputs = decoder.outputs();
        all.logits.insert(all.logits.end(), outputs.logits.begin(), outputs.logits.end());
        all.states.insert(all.states.end(), outputs.states.begin(), outputs.states.end());
        all.self_attentions = outputs.self_attentions;
        all.cross_attentions = outputs.cross_attentions;
        first += part;
    }
    EXPECT_EQ(decoder.n_positions(), first);
    return all;
}

void expect_close(span<const float> actual, span<const float> expected, const char * what) {
    ASSERT_EQ(actual.size(), expected.size()) << what;
    const testing::Difference found = difference(actual, expected);
    EXPECT_LE(found.max_abs, 1e-5 * found.max_expected) << what << ", element " << found.worst_index;
}

TEST(TextEncoding, keeps_what_is_asked_for) {
    const auto model = make_hash_model(hash_tiny_hparams());
    const auto plain = make_encoding(model);
    EXPECT_EQ(plain->length, 12);
    EXPECT_EQ(plain->states.size(), 12u * 16);
    EXPECT_TRUE(plain->layer_inputs.empty());
    EXPECT_TRUE(plain->attentions.empty());

    const auto whole = make_encoding(model, 12, kAllTaps);
    EXPECT_EQ(difference(whole->states, plain->states).max_abs, 0.0);
    ASSERT_EQ(whole->layer_inputs.size(), 2u);
    ASSERT_EQ(whole->attentions.size(), 2u);
    for (const auto & attention : whole->attentions) {
        ASSERT_EQ(attention.size(), 2u * 12 * 12);
        for (size_t row = 0; row < 2 * 12; ++row) {
            float sum = 0;
            for (size_t key = 0; key < 12; ++key) {
                sum += attention[row * 12 + key];
            }
            EXPECT_NEAR(sum, 1.0f, 1e-5f) << "row " << row;
        }
    }
}

TEST(TextEncoding, position_ids_count_from_anywhere_but_in_their_own_steps) {
    // Rotation is relative: shifting every position changes nothing, spreading them does.
    const auto model = make_hash_model(hash_tiny_hparams());
    const std::vector<int32_t> text = make_text(5);
    const EncodingOptions options = {1, {}, nullptr};
    const auto plain = encode(model, text, {}, options);
    const auto counted = encode(model, text, std::vector<int32_t>{0, 1, 2, 3, 4}, options);
    const auto shifted = encode(model, text, std::vector<int32_t>{7, 8, 9, 10, 11}, options);
    const auto spread = encode(model, text, std::vector<int32_t>{0, 2, 4, 6, 8}, options);
    EXPECT_EQ(difference(counted->states, plain->states).max_abs, 0.0);
    expect_close(shifted->states, plain->states, "shifted");
    EXPECT_GT(difference(spread->states, plain->states).max_abs, 1e-3);
}

TEST(TextEncoding, refuses_texts_that_cannot_be) {
    const auto model = make_hash_model(hash_tiny_hparams());
    const EncodingOptions options = {1, {}, nullptr};
    const std::vector<int32_t> text = make_text(3);
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"n_input_ids is 0"},
                 [&] { encode(model, span<const int32_t>(), {}, options); });
    expect_error(DIA_STATUS_TEXT_TOO_LONG, {"1025", "1024"},
                 [&] { encode(model, std::vector<int32_t>(1025, 65), {}, options); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"text token 1 is 256", "255"}, [&] {
        encode(model, std::vector<int32_t>{65, 256}, {}, options);
    });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"2 position ids for 3"}, [&] {
        encode(model, text, std::vector<int32_t>{0, 1}, options);
    });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"position id 2 is -1"}, [&] {
        encode(model, text, std::vector<int32_t>{0, 1, -1}, options);
    });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"n_threads is -1"}, [&] {
        encode(model, text, {}, {-1, {}, nullptr});
    });
}

TEST(TextEncoding, reports_its_progress_and_stops) {
    const auto model = make_hash_model(hash_tiny_hparams());
    int64_t last = 0;
    int64_t all = 0;
    const auto encoding = encode(model, make_text(5), {}, {1, {}, [&](int64_t done, int64_t total) {
                                                               EXPECT_GT(done, last);
                                                               last = done;
                                                               all = total;
                                                               return true;
                                                           }});
    EXPECT_EQ(last, all);
    EXPECT_GT(all, 10);
    expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, [&] {
        encode(model, make_text(5), {}, {1, {}, [](int64_t done, int64_t) { return done < 3; }});
    });
}

TEST(SequenceDecoder, gives_the_logits_of_the_session_that_generates) {
    const auto model = make_hash_model(hash_tiny_hparams());
    const std::vector<int32_t> tokens = make_tokens(20);
    DecoderSessionOptions options;
    options.n_positions = 20;
    options.guidance = false;
    options.n_threads = 1;
    DecoderSession session(model, options);
    const PrefixLogits expected = session.prefill_logits(0, make_text(12), tokens);
    SequenceDecoder decoder(make_encoding(model), one_thread());
    decoder.run(input_of(tokens));
    EXPECT_EQ(difference(decoder.outputs().logits, expected.conditional).max_abs, 0.0);
}

TEST(SequenceDecoder, cached_runs_give_what_one_run_gives) {
    const auto text = make_encoding(make_hash_model(hash_tiny_hparams()));
    const std::vector<int32_t> tokens = make_tokens(300);
    const SequenceOutputs whole = run_in_parts(text, {300}, tokens);
    for (const std::vector<int64_t> & parts :
         {std::vector<int64_t>{1, 1, 1, 297}, {100, 200}, {255, 1, 44}, {256, 44}, {257, 43}, {290, 9, 1}}) {
        const SequenceOutputs cached = run_in_parts(text, parts, tokens);
        expect_close(cached.states, whole.states, "states");
        expect_close(cached.logits, whole.logits, "logits");
        // The last part's rows are the last ones of the whole: [heads][300][300].
        const auto n = static_cast<size_t>(parts.back());
        for (size_t head = 0; head < 4; ++head) {
            const size_t end = (head + 1) * 300 * 300;
            expect_close(span<const float>(cached.self_attentions[1]).subspan(head * n * 300, n * 300),
                         span<const float>(whole.self_attentions[1]).subspan(end - n * 300, n * 300), "attention");
        }
    }
}

TEST(SequenceDecoder, attends_to_itself_and_what_is_before) {
    const auto text = make_encoding(make_hash_model(hash_tiny_hparams()), 70);
    const SequenceOutputs outputs = run_in_parts(text, {5, 3}, make_tokens(8));
    const std::vector<float> & self = outputs.self_attentions[0];  // [4][3][8]
    ASSERT_EQ(self.size(), 4u * 3 * 8);
    for (size_t i = 0; i < self.size(); ++i) {
        const bool visible = i % 8 <= 5 + i / 8 % 3;
        EXPECT_EQ(self[i] > 0.0f, visible) << "element " << i;
    }
    const std::vector<float> & cross = outputs.cross_attentions[1];  // [2][3][70]
    ASSERT_EQ(cross.size(), 2u * 3 * 70);
    for (size_t row = 0; row < 6; ++row) {
        float sum = 0;
        for (size_t key = 0; key < 70; ++key) {
            sum += cross[row * 70 + key];
        }
        EXPECT_NEAR(sum, 1.0f, 1e-5f) << "row " << row;
    }
}

TEST(SequenceDecoder, position_ids_replace_the_count) {
    const auto text = make_encoding(make_hash_model(hash_tiny_hparams()));
    const std::vector<int32_t> tokens = make_tokens(3);
    const auto states = [&](const std::vector<int32_t> & position_ids) {
        SequenceDecoder decoder(text, one_thread());
        SequenceInput input = input_of(tokens);
        input.position_ids = position_ids;
        decoder.run(input);
        return decoder.outputs().states;
    };
    const std::vector<float> plain = states({});
    EXPECT_EQ(difference(states({0, 1, 2}), plain).max_abs, 0.0);
    expect_close(states({40, 41, 42}), plain, "shifted");
    EXPECT_GT(difference(states({0, 5, 9}), plain).max_abs, 1e-3);
}

TEST(SequenceDecoder, computes_only_what_is_asked_for) {
    SequenceDecoder decoder(make_encoding(make_hash_model(hash_tiny_hparams())), one_thread());
    const std::vector<int32_t> tokens = make_tokens(2);
    SequenceInput input = input_of(tokens);
    input.logits = false;
    decoder.run(input);
    EXPECT_TRUE(decoder.outputs().logits.empty());
    EXPECT_TRUE(decoder.outputs().layer_inputs.empty());
    EXPECT_TRUE(decoder.outputs().self_attentions.empty());
    EXPECT_EQ(decoder.outputs().states.size(), 2u * 24);
    decoder.run(input_of(tokens, {true, false}));
    EXPECT_EQ(decoder.outputs().logits.size(), 2u * 9 * 1028);
    EXPECT_EQ(decoder.outputs().layer_inputs.size(), 2u);
    EXPECT_TRUE(decoder.outputs().cross_attentions.empty());
}

TEST(SequenceDecoder, refuses_bad_input_and_stays_as_it_was) {
    const auto text = make_encoding(make_hash_model(hash_tiny_hparams()));
    SequenceDecoder decoder(text, one_thread(8));
    std::vector<int32_t> tokens = make_tokens(5);
    decoder.run(input_of(positions_of(tokens, 0, 2)));
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"n_positions is 0"},
                 [&] { decoder.run(input_of(span<const int32_t>())); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"7 positions behind the 2", "8 in all"},
                 [&] { decoder.run(input_of(make_tokens(7))); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"10 tokens", "9 channels"},
                 [&] { decoder.run(input_of(span<const int32_t>(tokens).subspan(0, 10))); });
    for (const int32_t token : {-1, 1028}) {
        std::vector<int32_t> bad = make_tokens(2);
        bad[12] = token;
        expect_error(DIA_STATUS_INVALID_ARGUMENT, {"position 1, channel 3 is " + std::to_string(token), "1027"},
                     [&] { decoder.run(input_of(bad)); });
    }
    SequenceInput input = input_of(positions_of(tokens, 2, 3));
    const std::vector<int32_t> too_few = {1, 2};
    input.position_ids = too_few;
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"2 position ids for 3"}, [&] { decoder.run(input); });
    const std::vector<int32_t> negative = {1, -2, 3};
    input.position_ids = negative;
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"position id 1 is -2"}, [&] { decoder.run(input); });

    EXPECT_EQ(decoder.n_positions(), 2);
    decoder.run(input_of(positions_of(tokens, 2, 3)));
    const SequenceOutputs whole = run_in_parts(text, {5}, tokens);
    expect_close(decoder.outputs().states, span<const float>(whole.states).subspan(2 * 24, 3 * 24), "states");
}

TEST(SequenceDecoder, refuses_bad_options) {
    const auto text = make_encoding(make_hash_model(hash_tiny_hparams()));
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"max_positions is -1"},
                 [&] { SequenceDecoder(text, one_thread(-1)); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"max_positions is 9223372036854775807"},
                 [&] { SequenceDecoder(text, one_thread(std::numeric_limits<int64_t>::max())); });
    SequenceDecoderOptions options;
    options.n_threads = -2;
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"n_threads is -2"}, [&] { SequenceDecoder(text, options); });
}

TEST(SequenceDecoder, holds_a_delayed_sequence_of_as_many_frames_as_the_model_knows) {
    DiaHparams hparams = hash_tiny_hparams();
    hparams.decoder.max_position_embeddings = 4;
    const auto model = make_hash_model(hparams);
    EXPECT_EQ(default_max_positions(*model), 4 + 15 + 1);
    SequenceDecoder decoder(make_encoding(model), one_thread());
    decoder.run(input_of(make_tokens(20)));
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"1 positions behind the 20", "20 in all"},
                 [&] { decoder.run(input_of(make_tokens(1))); });
}

TEST(SequenceDecoder, a_cancelled_run_can_be_repeated) {
    const auto text = make_encoding(make_hash_model(hash_tiny_hparams()));
    const std::vector<int32_t> tokens = make_tokens(6);
    SequenceDecoder decoder(text, one_thread());
    decoder.run(input_of(positions_of(tokens, 0, 3)));
    decoder.cancel();
    expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, [&] { decoder.run(input_of(positions_of(tokens, 3, 3))); });
    EXPECT_TRUE(decoder.outputs().states.empty());
    EXPECT_EQ(decoder.n_positions(), 3);
    decoder.run(input_of(positions_of(tokens, 3, 3)));
    const SequenceOutputs whole = run_in_parts(text, {6}, tokens);
    expect_close(decoder.outputs().states, span<const float>(whole.states).subspan(3 * 24, 3 * 24), "states");
}

TEST(SequenceDecoder, is_cancelled_while_it_runs) {
    const auto text = make_encoding(make_hash_model(hash_tiny_hparams()));
    const std::vector<int32_t> tokens = make_tokens(3000);
    SequenceDecoder decoder(text, one_thread());
    std::atomic<bool> ended{false};
    std::thread canceller([&] {
        while (!ended) {
            decoder.cancel();
            std::this_thread::yield();
        }
    });
    expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, [&] { decoder.run(input_of(tokens)); });
    ended = true;
    canceller.join();
    EXPECT_EQ(decoder.n_positions(), 0);
}

TEST(SequenceDecoder, goes_on_from_where_it_is_truncated) {
    const auto text = make_encoding(make_hash_model(hash_tiny_hparams()));
    const std::vector<int32_t> tokens = make_tokens(6);
    SequenceDecoder decoder(text, one_thread());
    decoder.run(input_of(make_tokens(40)));
    decoder.truncate(0);
    EXPECT_TRUE(decoder.outputs().states.empty());
    decoder.run(input_of(positions_of(tokens, 0, 4)));
    decoder.truncate(3);
    EXPECT_EQ(decoder.n_positions(), 3);
    decoder.run(input_of(positions_of(tokens, 3, 3)));
    const SequenceOutputs whole = run_in_parts(text, {6}, tokens);
    expect_close(decoder.outputs().states, span<const float>(whole.states).subspan(3 * 24, 3 * 24), "states");
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"n_positions is 7", "0 to 6"}, [&] { decoder.truncate(7); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"n_positions is -1"}, [&] { decoder.truncate(-1); });
}

TEST(SequenceDecoder, tells_where_a_model_computes_no_number) {
    const auto model = make_hash_model(hash_tiny_hparams());
    auto * norm = static_cast<float *>(model->decoder.norm->data);
    const float healthy = norm[3];
    norm[3] = std::numeric_limits<float>::quiet_NaN();
    SequenceDecoder decoder(make_encoding(model), one_thread());
    expect_error(DIA_STATUS_NOT_A_NUMBER, {"states", "position 0"}, [&] { decoder.run(input_of(make_tokens(2))); });
    EXPECT_TRUE(decoder.outputs().states.empty());
    norm[3] = healthy;
    decoder.run(input_of(make_tokens(2)));
    EXPECT_EQ(decoder.n_positions(), 2);

    auto * encoder_norm = static_cast<float *>(model->encoder.norm->data);
    encoder_norm[0] = std::numeric_limits<float>::infinity();
    expect_error(DIA_STATUS_NOT_A_NUMBER, {"encoder", "position 0"}, [&] { make_encoding(model); });
}

TEST(SequenceDecoder, frees_what_it_holds) {
    const auto model = make_hash_model(hash_tiny_hparams());
    run_in_parts(make_encoding(model), {2}, make_tokens(2));  // what ggml keeps from its first use on
    const int64_t before = live_bytes();
    for (int round = 0; round < 3; ++round) {
        auto text = make_encoding(model, 12, kAllTaps);
        const int64_t with_text = live_bytes();
        EXPECT_GT(with_text, before);
        auto decoder = std::make_unique<SequenceDecoder>(text, one_thread());
        text.reset();  // the decoder keeps it
        decoder->run(input_of(make_tokens(300), kAllTaps));
        EXPECT_GT(live_bytes() - with_text, 2 * 4 * 300 * 300 * 4);
        if (round == 1) {
            decoder->cancel();
            expect_error(DIA_STATUS_CANCELLED, {}, [&] { decoder->run(input_of(make_tokens(300), kAllTaps)); });
        }
        decoder.reset();
        EXPECT_EQ(live_bytes(), before) << "round " << round;
    }
}

}  // namespace
}  // namespace dia
