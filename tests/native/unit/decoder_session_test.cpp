#include "model/decoder_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <tuple>

#include "backend/backends.h"
#include "comparison.h"
#include "expect_error.h"
#include "gguf/storage_type.h"
#include "hash_model.h"
#include "model/encoder.h"
#include "model/model.h"
#include "support/error.h"
#include "support/memory_ledger.h"

namespace dia {
namespace {

using testing::difference;
using testing::Difference;
using testing::hash_tiny_hparams;
using testing::make_hash_model;

// Odd widths and head sizes, shared heads in every attention, nothing a multiple of a vector.
DiaHparams odd_hparams() {
    DiaHparams hparams = hash_tiny_hparams();
    hparams.encoder.num_attention_heads = 6;
    hparams.encoder.num_key_value_heads = 2;
    hparams.encoder.head_dim = 10;
    hparams.encoder.hidden_size = 23;
    hparams.encoder.intermediate_size = 37;
    hparams.decoder.hidden_size = 29;
    hparams.decoder.intermediate_size = 41;
    hparams.decoder.num_attention_heads = 9;
    hparams.decoder.num_key_value_heads = 3;
    hparams.decoder.head_dim = 6;
    hparams.decoder.cross_num_attention_heads = 6;
    hparams.decoder.cross_num_key_value_heads = 2;
    hparams.decoder.cross_head_dim = 14;
    hparams.decoder.cross_hidden_size = 23;
    hparams.decoder.vocab_size = 131;
    hparams.bos_token_id = 130;
    return hparams;
}

// Widths that fill vectors and quantization blocks.
DiaHparams even_hparams() {
    DiaHparams hparams = hash_tiny_hparams();
    hparams.encoder.hidden_size = 64;
    hparams.encoder.num_attention_heads = 4;
    hparams.encoder.num_key_value_heads = 4;
    hparams.encoder.head_dim = 32;
    hparams.encoder.intermediate_size = 96;
    hparams.decoder.hidden_size = 96;
    hparams.decoder.intermediate_size = 128;
    hparams.decoder.num_attention_heads = 4;
    hparams.decoder.num_key_value_heads = 2;
    hparams.decoder.head_dim = 32;
    hparams.decoder.cross_num_attention_heads = 4;
    hparams.decoder.cross_num_key_value_heads = 4;
    hparams.decoder.cross_head_dim = 32;
    hparams.decoder.cross_hidden_size = 64;
    hparams.decoder.vocab_size = 260;
    hparams.bos_token_id = 258;
    return hparams;
}

// Widths that fill the largest blocks of quantization.
DiaHparams wide_hparams() {
    DiaHparams hparams = even_hparams();
    hparams.encoder.num_hidden_layers = 1;
    hparams.encoder.hidden_size = 256;
    hparams.encoder.head_dim = 64;
    hparams.encoder.intermediate_size = 256;
    hparams.decoder.num_hidden_layers = 1;
    hparams.decoder.hidden_size = 256;
    hparams.decoder.intermediate_size = 512;
    hparams.decoder.head_dim = 64;
    hparams.decoder.cross_head_dim = 64;
    hparams.decoder.cross_hidden_size = 256;
    hparams.decoder.vocab_size = 36;
    hparams.bos_token_id = 34;
    return hparams;
}

DiaHparams hparams_named(const std::string & name) {
    return name == "odd" ? odd_hparams() : name == "even" ? even_hparams() : wide_hparams();
}

std::vector<int32_t> make_text(int32_t length, int32_t seed) {
    std::vector<int32_t> ids(static_cast<size_t>(length));
    for (int32_t i = 0; i < length; ++i) {
        ids[static_cast<size_t>(i)] = 32 + (i * 7 + seed * 13) % 90;
    }
    return ids;
}

// Tokens of `n` positions, [n][C]; the first is BOS.
std::vector<int32_t> make_tokens(const DiaHparams & hparams, int64_t n, int32_t seed) {
    const int32_t C = hparams.decoder.num_channels;
    std::vector<int32_t> tokens(static_cast<size_t>(n * C));
    for (int64_t i = 0; i < n * C; ++i) {
        const int64_t mixed = (i * 31 + seed * 17) % hparams.decoder.vocab_size;
        tokens[static_cast<size_t>(i)] = i < C ? hparams.bos_token_id : static_cast<int32_t>(mixed);
    }
    return tokens;
}

span<const int32_t> positions_of(const std::vector<int32_t> & tokens, int64_t first, int64_t count) {
    const size_t C = 9;
    return span<const int32_t>(tokens).subspan(static_cast<size_t>(first) * C, static_cast<size_t>(count) * C);
}

std::vector<float> copy_of(span<const float> values) {
    return std::vector<float>(values.begin(), values.end());
}

// A row with its text, its prefix and the tokens of its steps.
struct Script {
    std::vector<int32_t> text;
    int64_t prefix = 1;
    std::vector<int32_t> tokens;
};

Script make_script(const DiaHparams & hparams, int32_t text_length, int64_t prefix, int64_t steps, int32_t seed) {
    return {make_text(text_length, seed), prefix, make_tokens(hparams, prefix + steps, seed)};
}

// The logits after the prefix and after every step of every row, [row][step].
using Trace = std::vector<std::vector<std::vector<float>>>;

std::vector<float> all_logits(const DecoderSession & session, int32_t row) {
    std::vector<float> values = copy_of(session.logits(row).conditional);
    const span<const float> unconditional = session.logits(row).unconditional;
    values.insert(values.end(), unconditional.begin(), unconditional.end());
    return values;
}

// Runs rows together; row i takes part in the first steps[i] steps.
Trace run(std::shared_ptr<const Model> model, const std::vector<Script> & scripts,
          const std::vector<int64_t> & steps, DecoderSessionOptions options) {
    options.n_rows = static_cast<int32_t>(scripts.size());
    options.n_positions = 1;
    for (const Script & script : scripts) {
        options.n_positions = std::max(options.n_positions, static_cast<int64_t>(script.tokens.size() / 9));
    }
    DecoderSession session(model, options);
    Trace trace(scripts.size());
    for (size_t row = 0; row < scripts.size(); ++row) {
        const int32_t index = static_cast<int32_t>(row);
        session.prefill(index, scripts[row].text, positions_of(scripts[row].tokens, 0, scripts[row].prefix));
        trace[row].push_back(all_logits(session, index));
    }
    const int64_t n_steps = *std::max_element(steps.begin(), steps.end());
    for (int64_t step = 0; step < n_steps; ++step) {
        std::vector<int32_t> active;
        std::vector<int32_t> tokens;
        for (size_t row = 0; row < scripts.size(); ++row) {
            if (step < steps[row]) {
                active.push_back(static_cast<int32_t>(row));
                const span<const int32_t> position =
                    positions_of(scripts[row].tokens, scripts[row].prefix + step, 1);
                tokens.insert(tokens.end(), position.begin(), position.end());
            }
        }
        session.step(active, tokens);
        for (const int32_t row : active) {
            trace[static_cast<size_t>(row)].push_back(all_logits(session, row));
        }
    }
    return trace;
}

DecoderSessionOptions session_options(bool guidance, dia_type kv_type = DIA_TYPE_F32, int32_t n_threads = 1) {
    DecoderSessionOptions options;
    options.guidance = guidance;
    options.kv_type = kv_type;
    options.n_threads = n_threads;
    return options;
}

// Empty if the same bits, else where the first difference is.
std::string first_difference(const std::vector<std::vector<float>> & a, const std::vector<std::vector<float>> & b) {
    if (a.size() != b.size()) {
        return format("%zu and %zu steps", a.size(), b.size());
    }
    for (size_t step = 0; step < a.size(); ++step) {
        for (size_t i = 0; i < a[step].size(); ++i) {
            if (std::memcmp(&a[step][i], &b[step][i], sizeof(float)) != 0) {
                return format("step %zu, logit %zu: %.9g and %.9g", step, i, static_cast<double>(a[step][i]),
                              static_cast<double>(b[step][i]));
            }
        }
    }
    return "";
}

const nlohmann::json & hash_tiny_expected() {
    static const nlohmann::json expected =
        nlohmann::json::parse(std::ifstream(DIA_TEST_GOLDEN_DIR "/hash-tiny/expected.json"));
    return expected;
}

TEST(HashTiny, encodes_the_text_as_the_reference) {
    const auto model = make_hash_model(hash_tiny_hparams());
    const Backends backends(model->placement.devices(), 1);
    const std::vector<int32_t> ids = hash_tiny_expected().at("encoder_ids");
    const std::vector<float> states = encode_text(*model, backends, ids);
    ASSERT_EQ(states.size(), ids.size() * 16);
    for (size_t s = 0; s < ids.size(); ++s) {
        const std::vector<float> expected = hash_tiny_expected().at("encoder_last_hidden").at(s);
        EXPECT_LE(difference(span<const float>(states).subspan(s * 16, 16), expected).max_abs, 1e-5)
            << "position " << s;
    }
}

TEST(HashTiny, encodes_the_unconditional_text_as_the_reference) {
    const auto model = make_hash_model(hash_tiny_hparams());
    const Backends backends(model->placement.devices(), 1);
    const std::vector<float> expected = hash_tiny_expected().at("uncond_encoder_vector");
    const std::vector<float> states = encode_text(*model, backends, std::vector<int32_t>(5, 0));
    for (size_t s = 0; s < 5; ++s) {
        EXPECT_LE(difference(span<const float>(states).subspan(s * 16, 16), expected).max_abs, 1e-5)
            << "position " << s;
    }
}

TEST(HashTiny, computes_the_logits_of_the_reference) {
    const auto model = make_hash_model(hash_tiny_hparams());
    std::vector<int32_t> prefix;
    for (const auto & position : hash_tiny_expected().at("decoder_ids")) {
        prefix.insert(prefix.end(), position.begin(), position.end());
    }
    DecoderSessionOptions options = session_options(false);
    options.n_positions = 3;
    DecoderSession session(model, options);
    const std::vector<int32_t> text = hash_tiny_expected().at("encoder_ids");
    const PrefixLogits logits = session.prefill_logits(0, text, prefix);
    ASSERT_EQ(logits.conditional.size(), 3u * 9 * 1028);
    for (int t = 0; t < 3; ++t) {
        for (int c = 0; c < 9; ++c) {
            const size_t first = (static_cast<size_t>(t) * 9 + static_cast<size_t>(c)) * 1028;
            const auto begin = logits.conditional.begin() + static_cast<std::ptrdiff_t>(first);
            EXPECT_EQ(std::max_element(begin, begin + 1028) - begin,
                      hash_tiny_expected().at("logits_argmax").at(t).at(c))
                << t << ' ' << c;
            const std::string key = format("c%d_t%d", c, t);
            if (hash_tiny_expected().at("logits_first8").contains(key)) {
                const std::vector<float> expected = hash_tiny_expected().at("logits_first8").at(key);
                EXPECT_LE(difference(span<const float>(logits.conditional).subspan(first, 8), expected).max_abs,
                          2e-5)
                    << key;
            }
        }
    }
}

class EveryModel : public ::testing::TestWithParam<std::tuple<const char *, ggml_type, dia_type>> {
protected:
    DiaHparams hparams() const { return hparams_named(std::get<0>(GetParam())); }
    std::shared_ptr<const Model> model() const { return make_hash_model(hparams(), std::get<1>(GetParam())); }
    dia_type kv_type() const { return std::get<2>(GetParam()); }
};

std::string model_name(const ::testing::TestParamInfo<EveryModel::ParamType> & instance) {
    return std::string(std::get<0>(instance.param)) + "_" + ggml_type_name(std::get<1>(instance.param)) + "_kv_" +
           type_name(std::get<2>(instance.param));
}

INSTANTIATE_TEST_SUITE_P(DecoderSession, EveryModel,
                         ::testing::Combine(::testing::Values("odd", "even"),
                                            ::testing::Values(GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_Q8_0),
                                            ::testing::Values(DIA_TYPE_F32, DIA_TYPE_F16)),
                         model_name);

// ggml multiplies each type by kernels of its own, some of which take several columns at once.
INSTANTIATE_TEST_SUITE_P(QuantizedCache, EveryModel,
                         ::testing::Combine(::testing::Values("even"),
                                            ::testing::Values(GGML_TYPE_F32, GGML_TYPE_Q8_0),
                                            ::testing::Values(DIA_TYPE_Q8_0)),
                         model_name);

INSTANTIATE_TEST_SUITE_P(QuantizedDecoderSession, EveryModel,
                         ::testing::Combine(::testing::Values("wide"),
                                            ::testing::Values(GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q6_K,
                                                              GGML_TYPE_Q5_K, GGML_TYPE_Q5_0, GGML_TYPE_Q4_K,
                                                              GGML_TYPE_IQ4_NL, GGML_TYPE_Q4_0),
                                            ::testing::Values(DIA_TYPE_F16)),
                         model_name);

TEST_P(EveryModel, gives_a_row_the_same_bits_alone_and_in_a_batch) {
    // Rows of different lengths that leave the batch one by one, across a boundary of the cached positions.
    const std::vector<Script> scripts = {make_script(hparams(), 5, 1, 6, 1), make_script(hparams(), 70, 252, 9, 2),
                                         make_script(hparams(), 30, 3, 3, 3)};
    const std::vector<int64_t> steps = {6, 9, 3};
    for (const bool guidance : {true, false}) {
        const Trace together = run(model(), scripts, steps, session_options(guidance, kv_type()));
        for (size_t row = 0; row < scripts.size(); ++row) {
            const Trace alone = run(model(), {scripts[row]}, {steps[row]}, session_options(guidance, kv_type()));
            EXPECT_EQ(first_difference(alone[0], together[row]), "") << "row " << row << ", guidance " << guidance;
        }
    }
}

// Rounding of the activations or of the caches leaves the order of the sums visible: a difference in the last bit
// may become a whole step of the rounding, and caches of Q8_0 have the longest steps.
TEST_P(EveryModel, steps_as_it_prefills) {
    const int64_t n = 12;
    const Script script = make_script(hparams(), 20, 1, n - 1, 4);
    const Trace stepped = run(model(), {script}, {n - 1}, session_options(true, kv_type()));
    DecoderSessionOptions options = session_options(true, kv_type());
    options.n_positions = n;
    DecoderSession session(model(), options);
    const PrefixLogits whole = session.prefill_logits(0, script.text, script.tokens);
    const bool exact = std::get<1>(GetParam()) == GGML_TYPE_F32 && kv_type() == DIA_TYPE_F32;
    const double tolerance = exact ? 1e-5 : kv_type() == DIA_TYPE_Q8_0 ? 2e-2 : 1e-2;
    const size_t size = whole.conditional.size() / static_cast<size_t>(n);
    double worst = 0.0;
    for (size_t t = 0; t < static_cast<size_t>(n); ++t) {
        std::vector<float> expected = copy_of(span<const float>(whole.conditional).subspan(t * size, size));
        expected.insert(expected.end(), whole.unconditional.begin() + static_cast<std::ptrdiff_t>(t * size),
                        whole.unconditional.begin() + static_cast<std::ptrdiff_t>((t + 1) * size));
        const Difference found = difference(stepped[0][t], expected);
        EXPECT_LE(found.max_abs, tolerance * found.max_expected) << "position " << t;
        worst = std::max(worst, found.max_abs / found.max_expected);
    }
    std::printf("largest difference %.1e of the largest logit, at most %.0e\n", worst, tolerance);
    EXPECT_EQ(difference(session.logits(0).conditional,
                         span<const float>(whole.conditional).subspan((static_cast<size_t>(n) - 1) * size, size))
                  .max_abs,
              0.0);
}

// How far the logits are from those of F32 caches: the root mean square of the differences, relative to that of the
// logits. The weights are the same, so that this is the rounding of keys and values alone, which the sharp
// attention of random weights passes on many times over. The bounds are twice what is measured; unrelated logits
// are at 1.4.
TEST(DecoderSession, stays_near_f32_with_smaller_caches) {
    const auto model = make_hash_model(wide_hparams());
    const Script script = make_script(wide_hparams(), 40, 30, 40, 5);
    const auto logits = [&](dia_type kv_type) {
        const Trace trace = run(model, {script}, {40}, session_options(true, kv_type));
        std::vector<float> all;
        for (const std::vector<float> & step : trace[0]) {
            all.insert(all.end(), step.begin(), step.end());
        }
        return all;
    };
    const std::vector<float> expected = logits(DIA_TYPE_F32);
    const auto relative_rms = [&](dia_type kv_type) {
        const std::vector<float> found = logits(kv_type);
        double error = 0.0;
        double size = 0.0;
        for (size_t i = 0; i < expected.size(); ++i) {
            error += std::pow(static_cast<double>(found[i]) - static_cast<double>(expected[i]), 2);
            size += std::pow(static_cast<double>(expected[i]), 2);
        }
        std::printf("%s caches: relative rms of the logits %.2e\n", type_name(kv_type), std::sqrt(error / size));
        return std::sqrt(error / size);
    };
    EXPECT_LE(relative_rms(DIA_TYPE_F16), 9e-3);
    EXPECT_LE(relative_rms(DIA_TYPE_Q8_0), 0.27);
}

// Threads that outnumber the processors wait for each other at every node, so few nodes are run here.
TEST(DecoderSession, gives_the_same_bits_for_any_number_of_threads) {
    for (const ggml_type type :
         {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q6_K, GGML_TYPE_Q5_K,
          GGML_TYPE_Q5_0, GGML_TYPE_Q4_K, GGML_TYPE_IQ4_NL, GGML_TYPE_Q4_0}) {
        DiaHparams hparams = type == GGML_TYPE_F32       ? odd_hparams()
                             : ggml_blck_size(type) > 32 ? wide_hparams()
                                                         : even_hparams();
        hparams.encoder.num_hidden_layers = 1;
        hparams.decoder.num_hidden_layers = 1;
        const dia_type kv_type = type == GGML_TYPE_F32 ? DIA_TYPE_F32 : DIA_TYPE_F16;
        const auto model = make_hash_model(hparams, type);
        const Script script = make_script(hparams, 40, 3, 1, 1);
        const Trace one = run(model, {script}, {1}, session_options(false, kv_type, 1));
        for (const int32_t n_threads : {2, type == GGML_TYPE_F32 ? 4 : 3}) {
            const Trace more = run(model, {script}, {1}, session_options(false, kv_type, n_threads));
            EXPECT_EQ(first_difference(one[0], more[0]), "")
                << ggml_type_name(type) << ", " << n_threads << " threads";
        }
    }
}

TEST(DecoderSession, keeps_rows_that_pause) {
    // Rows take turns, so that they change places in the caches and come back.
    const auto model = make_hash_model(odd_hparams());
    const std::vector<Script> scripts = {make_script(odd_hparams(), 5, 1, 4, 1),
                                         make_script(odd_hparams(), 90, 4, 4, 2),
                                         make_script(odd_hparams(), 30, 2, 4, 3)};
    DecoderSessionOptions options = session_options(true);
    options.n_rows = 3;
    options.n_positions = 8;
    DecoderSession session(model, options);
    Trace trace(3);
    for (int32_t row = 0; row < 3; ++row) {
        const Script & script = scripts[static_cast<size_t>(row)];
        session.prefill(row, script.text, positions_of(script.tokens, 0, script.prefix));
        trace[static_cast<size_t>(row)].push_back(all_logits(session, row));
    }
    std::vector<int64_t> taken(3, 0);
    for (const std::vector<int32_t> & rows :
         std::vector<std::vector<int32_t>>{{2}, {1}, {0, 2}, {2, 1, 0}, {1}, {0, 1}, {2}, {0}}) {
        std::vector<int32_t> tokens;
        for (const int32_t row : rows) {
            const size_t index = static_cast<size_t>(row);
            const span<const int32_t> position =
                positions_of(scripts[index].tokens, scripts[index].prefix + taken[index]++, 1);
            tokens.insert(tokens.end(), position.begin(), position.end());
        }
        session.step(rows, tokens);
        for (const int32_t row : rows) {
            trace[static_cast<size_t>(row)].push_back(all_logits(session, row));
        }
    }
    for (size_t row = 0; row < 3; ++row) {
        ASSERT_EQ(taken[row], 4);
        const Trace alone = run(model, {scripts[row]}, {4}, session_options(true));
        EXPECT_EQ(first_difference(alone[0], trace[row]), "") << "row " << row;
    }
}

TEST(DecoderSession, continues_a_prefix_of_several_blocks) {
    // 600 positions run as three blocks, in other sizes than one step at a time.
    const DiaHparams hparams = hash_tiny_hparams();
    const auto model = make_hash_model(hparams);
    const Script script = make_script(hparams, 12, 600, 1, 1);
    DecoderSessionOptions options = session_options(true);
    options.n_positions = 601;
    DecoderSession whole(model, options);
    const PrefixLogits logits = whole.prefill_logits(0, script.text, positions_of(script.tokens, 0, 600));
    ASSERT_EQ(logits.conditional.size(), 600u * 9 * 1028);
    DecoderSession part(model, options);
    part.prefill(0, script.text, positions_of(script.tokens, 0, 500));
    const std::vector<int32_t> rows = {0};
    for (int64_t t = 500; t < 600; ++t) {
        part.step(rows, positions_of(script.tokens, t, 1));
    }
    const Difference found = difference(part.logits(0).conditional, whole.logits(0).conditional);
    EXPECT_LE(found.max_abs, 1e-5 * found.max_expected);
    const span<const float> last = span<const float>(logits.unconditional).subspan(599u * 9 * 1028, 9 * 1028);
    EXPECT_EQ(difference(whole.logits(0).unconditional, last).max_abs, 0.0);
}

// Keys and values of zeros: every position of the past is looked at alike and adds nothing, so a row that was
// placed there looks only at itself, more or less strongly.
TEST(DecoderSession, steps_from_a_place_that_it_did_not_go_to) {
    const DiaHparams hparams = hash_tiny_hparams();
    const Script script = make_script(hparams, 10, 2, 3, 1);
    DecoderSessionOptions options = session_options(true, DIA_TYPE_F32);
    options.n_positions = 600;
    DecoderSession session(make_hash_model(hparams), options);
    session.prefill(0, script.text, positions_of(script.tokens, 0, 1));
    const auto logits_at = [&](int64_t position) {
        session.place_at(position);
        session.step(std::vector<int32_t>{0}, positions_of(script.tokens, 1, 1));
        const span<const float> logits = session.logits(0).conditional;
        return std::vector<float>(logits.begin(), logits.end());
    };
    const std::vector<float> far = logits_at(520);
    const std::vector<float> near = logits_at(5);
    EXPECT_EQ(logits_at(520), far);
    EXPECT_NE(near, far);
    session.step(std::vector<int32_t>{0}, positions_of(script.tokens, 2, 1));
    using testing::expect_error;
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"position 600", "1 to 599"}, [&] { session.place_at(600); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"position 0", "1 to 599"}, [&] { session.place_at(0); });
}

TEST(DecoderSession, stops_when_cancelled_and_goes_on) {
    const DiaHparams hparams = hash_tiny_hparams();
    const auto model = make_hash_model(hparams);
    const Script script = make_script(hparams, 10, 2, 1, 1);
    std::atomic<bool> cancelled{true};
    DecoderSessionOptions options = session_options(true);
    options.n_positions = 3;
    options.cancelled = &cancelled;
    DecoderSession session(model, options);
    const std::vector<int32_t> rows = {0};
    const auto prefill = [&] { session.prefill(0, script.text, positions_of(script.tokens, 0, 2)); };
    const auto step = [&] { session.step(rows, positions_of(script.tokens, 2, 1)); };

    testing::expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, prefill);
    testing::expect_error(DIA_STATUS_INVALID_STATE, {"row 0", "prefix"}, step);
    cancelled = false;
    prefill();
    cancelled = true;
    testing::expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, step);
    cancelled = false;
    step();
    const Trace uninterrupted = run(model, {script}, {1}, session_options(true));
    EXPECT_EQ(first_difference({uninterrupted[0][1]}, {all_logits(session, 0)}), "");
}

TEST(DecoderSession, refuses_what_it_cannot_run) {
    const DiaHparams hparams = hash_tiny_hparams();
    const auto model = make_hash_model(hparams);
    const Script script = make_script(hparams, 10, 2, 2, 1);
    const auto with = [&](int32_t n_rows, int64_t n_positions, dia_type kv_type) {
        DecoderSessionOptions options = session_options(false, kv_type);
        options.n_rows = n_rows;
        options.n_positions = n_positions;
        return std::make_unique<DecoderSession>(model, options);
    };
    using testing::expect_error;
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"0 rows"}, [&] { with(0, 3, DIA_TYPE_F32); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"0 positions"}, [&] { with(1, 0, DIA_TYPE_F32); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"positions", "9223372036854775807"},
                 [&] { with(1, INT64_MAX, DIA_TYPE_F32); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"kv_type is 2"}, [&] { with(1, 3, DIA_TYPE_Q4_0); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"q8_0", "are 8 wide", "cross-attention 8"},
                 [&] { with(1, 3, DIA_TYPE_Q8_0); });

    const auto session = with(2, 3, DIA_TYPE_F32);
    const span<const int32_t> prefix = positions_of(script.tokens, 0, 2);
    const span<const int32_t> next = positions_of(script.tokens, 2, 1);
    const auto step = [&](const std::vector<int32_t> & rows, span<const int32_t> tokens) {
        session->step(rows, tokens);
    };
    const std::vector<int32_t> bad_token(9, 1028);
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"row is 2", "0 to 1"},
                 [&] { session->prefill(2, script.text, prefix); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"empty"},
                 [&] { session->prefill(0, span<const int32_t>(), prefix); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"text token 1 is 256", "0 to 255"}, [&] {
        session->prefill(0, std::vector<int32_t>{1, 256}, prefix);
    });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"prefix has 0 tokens"},
                 [&] { session->prefill(0, script.text, {}); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"prefix has 10 tokens"},
                 [&] { session->prefill(0, script.text, span<const int32_t>(script.tokens).subspan(0, 10)); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"prefix has 36 tokens", "1 to 3"},
                 [&] { session->prefill(0, script.text, positions_of(script.tokens, 0, 4)); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"audio token 0 is 1028", "0 to 1027"},
                 [&] { session->prefill(0, script.text, bad_token); });

    session->prefill(0, script.text, prefix);
    expect_error(DIA_STATUS_INVALID_STATE, {"row 1"}, [&] { step({1}, next); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"row is -1"}, [&] { step({-1}, next); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"row 0", "two steps"}, [&] { step({0, 0}, prefix); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"1 rows", "18 tokens", "expected 9"}, [&] { step({0}, prefix); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"audio token 0 is 1028"}, [&] { step({0}, bad_token); });
    step({}, {});
    step({0}, next);
    expect_error(DIA_STATUS_INVALID_STATE, {"row 0", "3 positions"}, [&] { step({0}, next); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"row is 7"}, [&] { session->logits(7); });
}

TEST(DecoderSession, runs_the_least_widths_that_a_file_may_state) {
    DiaHparams hparams = hash_tiny_hparams();
    for (int32_t * width :
         {&hparams.encoder.num_hidden_layers, &hparams.encoder.hidden_size, &hparams.encoder.num_attention_heads,
          &hparams.encoder.num_key_value_heads, &hparams.encoder.intermediate_size,
          &hparams.decoder.num_hidden_layers, &hparams.decoder.hidden_size, &hparams.decoder.intermediate_size,
          &hparams.decoder.num_attention_heads, &hparams.decoder.num_key_value_heads,
          &hparams.decoder.cross_num_attention_heads, &hparams.decoder.cross_num_key_value_heads,
          &hparams.decoder.cross_head_dim, &hparams.decoder.cross_hidden_size}) {
        *width = 1;
    }
    hparams.encoder.head_dim = 2;
    hparams.decoder.head_dim = 2;
    hparams.decoder.vocab_size = 4;
    hparams.bos_token_id = 2;
    const std::vector<Script> scripts = {make_script(hparams, 1, 1, 3, 1), make_script(hparams, 65, 2, 2, 2)};
    for (const dia_type kv_type : {DIA_TYPE_F32, DIA_TYPE_F16}) {
        for (const bool guidance : {true, false}) {
            const Trace trace =
                run(make_hash_model(hparams, GGML_TYPE_F16), scripts, {3, 2}, session_options(guidance, kv_type));
            for (const auto & row : trace) {
                for (const std::vector<float> & logits : row) {
                    EXPECT_TRUE(
                        std::all_of(logits.begin(), logits.end(), [](float x) { return std::isfinite(x); }));
                }
            }
        }
    }
}

TEST(DecoderSession, leaves_no_bytes_behind) {
    const DiaHparams hparams = hash_tiny_hparams();
    const auto model = make_hash_model(hparams);
    const std::vector<Script> scripts = {make_script(hparams, 10, 1, 3, 1), make_script(hparams, 80, 2, 2, 2)};
    run(model, scripts, {3, 2}, session_options(true));  // fills the unconditional constants of the model
    const int64_t before = live_bytes();
    for (int round = 0; round < 10; ++round) {
        run(model, scripts, {3, 2}, session_options(true));
    }
    EXPECT_EQ(live_bytes(), before);
}

}  // namespace
}  // namespace dia
