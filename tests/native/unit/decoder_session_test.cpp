#include "model/decoder_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <tuple>

#include "backend/cpu_backend.h"
#include "comparison.h"
#include "expect_error.h"
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
    CpuBackend backend(1);
    const std::vector<int32_t> ids = hash_tiny_expected().at("encoder_ids");
    const std::vector<float> states = encode_text(*model, backend, ids);
    ASSERT_EQ(states.size(), ids.size() * 16);
    for (size_t s = 0; s < ids.size(); ++s) {
        const std::vector<float> expected = hash_tiny_expected().at("encoder_last_hidden").at(s);
        EXPECT_LE(difference(span<const float>(states).subspan(s * 16, 16), expected).max_abs, 1e-5)
            << "position " << s;
    }
}

TEST(HashTiny, encodes_the_unconditional_text_as_the_reference) {
    const auto model = make_hash_model(hash_tiny_hparams());
    CpuBackend backend(1);
    const std::vector<float> expected = hash_tiny_expected().at("uncond_encoder_vector");
    const std::vector<float> states = encode_text(*model, backend, std::vector<int32_t>(5, 0));
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
    DiaHparams hparams() const {
        return std::strcmp(std::get<0>(GetParam()), "odd") == 0 ? odd_hparams() : even_hparams();
    }
    std::shared_ptr<const Model> model() const { return make_hash_model(hparams(), std::get<1>(GetParam())); }
    dia_type kv_type() const { return std::get<2>(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(DecoderSession, EveryModel,
                         ::testing::Combine(::testing::Values("odd", "even"),
                                            ::testing::Values(GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_Q8_0),
                                            ::testing::Values(DIA_TYPE_F32, DIA_TYPE_F16)),
                         [](const auto & instance) {
                             return std::string(std::get<0>(instance.param)) + "_" +
                                    ggml_type_name(std::get<1>(instance.param)) +
                                    (std::get<2>(instance.param) == DIA_TYPE_F32 ? "_kv_f32" : "_kv_f16");
                         });

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

// Rounding of the activations (Q8_0) or of the caches (F16) leaves the order of the sums visible.
TEST_P(EveryModel, steps_as_it_prefills) {
    const int64_t n = 12;
    const Script script = make_script(hparams(), 20, 1, n - 1, 4);
    const Trace stepped = run(model(), {script}, {n - 1}, session_options(true, kv_type()));
    DecoderSessionOptions options = session_options(true, kv_type());
    options.n_positions = n;
    DecoderSession session(model(), options);
    const PrefixLogits whole = session.prefill_logits(0, script.text, script.tokens);
    const bool exact = std::get<1>(GetParam()) == GGML_TYPE_F32 && kv_type() == DIA_TYPE_F32;
    const size_t size = whole.conditional.size() / static_cast<size_t>(n);
    for (size_t t = 0; t < static_cast<size_t>(n); ++t) {
        std::vector<float> expected = copy_of(span<const float>(whole.conditional).subspan(t * size, size));
        expected.insert(expected.end(), whole.unconditional.begin() + static_cast<std::ptrdiff_t>(t * size),
                        whole.unconditional.begin() + static_cast<std::ptrdiff_t>((t + 1) * size));
        const Difference found = difference(stepped[0][t], expected);
        EXPECT_LE(found.max_abs, (exact ? 1e-5 : 1e-2) * found.max_expected) << "position " << t;
    }
    EXPECT_EQ(difference(session.logits(0).conditional,
                         span<const float>(whole.conditional).subspan((static_cast<size_t>(n) - 1) * size, size))
                  .max_abs,
              0.0);
}

// Threads that outnumber the processors wait for each other at every node, so few nodes are run here.
TEST(DecoderSession, gives_the_same_bits_for_any_number_of_threads) {
    for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_Q8_0}) {
        DiaHparams hparams = type == GGML_TYPE_F32 ? odd_hparams() : even_hparams();
        hparams.encoder.num_hidden_layers = 1;
        hparams.decoder.num_hidden_layers = 1;
        const dia_type kv_type = type == GGML_TYPE_F32 ? DIA_TYPE_F32 : DIA_TYPE_F16;
        const auto model = make_hash_model(hparams, type);
        const Script script = make_script(hparams, 40, 3, 1, 1);
        const Trace one = run(model, {script}, {1}, session_options(false, kv_type, 1));
        for (const int32_t n_threads : {2, 4}) {
            const Trace more = run(model, {script}, {1}, session_options(false, kv_type, n_threads));
            EXPECT_EQ(first_difference(one[0], more[0]), "")
                << ggml_type_name(type) << ", " << n_threads << " threads";
        }
    }
}

}  // namespace
}  // namespace dia
