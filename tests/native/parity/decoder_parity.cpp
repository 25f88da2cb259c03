// Teacher-forced logits against every golden case of kind "decoder": in one pass over the prefix, and through the
// caches one position at a time. Rows of a padded batch run as they are meant: alone where the reference pads, each
// from its own position 0, the rows of a guidance pair as the two branches of one row. On the processor and on a
// GPU. Bar for F32: 1e-4 of the tensor's largest value, on a GPU what weight_types.h adds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "comparison.h"
#include "golden_model.h"
#include "golden_set.h"
#include "model/decoder_session.h"
#include "model/model.h"
#include "model/sequence_decoder.h"
#include "model/text_encoding.h"
#include "test_gpu.h"
#include "weight_types.h"

namespace dia::testing {
namespace {

// One row of a case without its padding.
struct GoldenRow {
    std::vector<int32_t> text;
    std::vector<int32_t> tokens;  // [n_positions][C]
    int64_t n_padding = 0;        // masked positions before them
    int64_t n_positions = 0;
};

GoldenRow row_of(const GoldenSet & set, const nlohmann::json & entry, int64_t b) {
    const Array<int32_t> ids = set.ints(entry, "input_ids");
    const Array<int32_t> mask = set.ints(entry, "attention_mask");
    const Array<int32_t> tokens = set.ints(entry, "decoder_input_ids");
    const Array<int32_t> token_mask = set.ints(entry, "decoder_attention_mask");
    GoldenRow row;
    for (int64_t i = b * ids.shape[1]; i < (b + 1) * ids.shape[1]; ++i) {
        if (mask.values[static_cast<size_t>(i)] != 0) {
            row.text.push_back(ids.values[static_cast<size_t>(i)]);
        }
    }
    const int64_t T = tokens.shape[1];
    const int64_t C = tokens.shape[2];
    while (row.n_padding < T && token_mask.values[static_cast<size_t>(b * T + row.n_padding)] == 0) {
        ++row.n_padding;
    }
    row.n_positions = T - row.n_padding;
    const auto begin = tokens.values.begin() + b * T * C;
    row.tokens.assign(begin + row.n_padding * C, begin + T * C);
    return row;
}

// Logits of every position of a row, [position][C * V].
using Logits = std::vector<std::vector<float>>;

struct Branches {
    Logits conditional;
    Logits unconditional;
};

Logits split(const std::vector<float> & values, size_t size) {
    Logits logits;
    for (size_t first = 0; first < values.size(); first += size) {
        logits.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(first),
                            values.begin() + static_cast<std::ptrdiff_t>(first + size));
    }
    return logits;
}

// Runs `n_prefill` positions at once and the others one by one.
Branches run(std::shared_ptr<const Model> model, const GoldenRow & row, int64_t n_prefill, bool guidance,
             dia_type kv_type) {
    const DecoderHparams & hparams = model->hparams.dia.decoder;
    const size_t C = static_cast<size_t>(hparams.num_channels);
    const size_t size = C * static_cast<size_t>(hparams.vocab_size);
    DecoderSessionOptions options;
    options.n_positions = row.n_positions;
    options.guidance = guidance;
    options.kv_type = kv_type;
    options.n_threads = 1;
    DecoderSession session(model, options);
    const span<const int32_t> tokens(row.tokens);
    const PrefixLogits prefix =
        session.prefill_logits(0, row.text, tokens.subspan(0, static_cast<size_t>(n_prefill) * C));
    Branches branches{split(prefix.conditional, size), split(prefix.unconditional, size)};
    const std::vector<int32_t> rows = {0};
    for (int64_t t = n_prefill; t < row.n_positions; ++t) {
        session.step(rows, tokens.subspan(static_cast<size_t>(t) * C, C));
        const RowLogits logits = session.logits(0);
        branches.conditional.emplace_back(logits.conditional.begin(), logits.conditional.end());
        branches.unconditional.emplace_back(logits.unconditional.begin(), logits.unconditional.end());
    }
    return branches;
}

struct Comparison {
    std::vector<float> expected;
    std::vector<float> actual;
    std::vector<int32_t> expected_tokens;  // most probable ones
    std::vector<int32_t> actual_tokens;

    // One position of golden [B, C, kept, V] and of ours [C * V].
    void append(const Array<float> & golden, int64_t b, int64_t kept, const std::vector<float> & logits) {
        const int64_t C = golden.shape[1];
        const int64_t V = golden.shape[3];
        for (int64_t c = 0; c < C; ++c) {
            const auto golden_begin = golden.values.begin() + ((b * C + c) * golden.shape[2] + kept) * V;
            const auto begin = logits.begin() + c * V;
            expected.insert(expected.end(), golden_begin, golden_begin + V);
            actual.insert(actual.end(), begin, begin + V);
            expected_tokens.push_back(
                static_cast<int32_t>(std::max_element(golden_begin, golden_begin + V) - golden_begin));
            actual_tokens.push_back(static_cast<int32_t>(std::max_element(begin, begin + V) - begin));
        }
    }
};

// "logits", or "logits on Vulkan0".
std::string on(Device device, const std::string & name) {
    return device.is_gpu() ? name + " on " + device.name() : name;
}

void report(const GoldenSet & set, const nlohmann::json & entry, const std::string & tensor,
            const WeightType & type, Device device, const Comparison & both) {
    const std::string name = on(device, entry.at("id").get<std::string>() + " " + tensor + " " + type.name);
    Difference found = difference(both.actual, both.expected);
    const double largest = found.max_expected;
    const double tolerance = tolerance_of(entry, type, largest, device);
    const bool exact = type.type == DIA_TYPE_F32;
    print_row(set.name(), name, found, tolerance);
    EXPECT_LE(found.max_abs, tolerance) << set.name() << ' ' << name << ", element " << found.worst_index;
    if (!exact) {
        found.max_abs /= largest;
        found.mean_abs /= largest;
        print_row(set.name(), name + " / largest", found, tolerance / largest);
    }
    print_row(set.name(), name + " argmax", count_equal(both.actual_tokens, both.expected_tokens),
              static_cast<int64_t>(both.expected_tokens.size()));
}

// Compares the positions from `first` on that `golden` holds, which are padded ones for a short row.
void append_rows(Comparison & comparison, const Array<float> & golden, int64_t b, int64_t first,
                 const GoldenRow & row, const Logits & logits) {
    for (int64_t kept = 0; kept < golden.shape[2]; ++kept) {
        const int64_t position = first + kept - row.n_padding;
        if (position >= 0) {
            comparison.append(golden, b, kept, logits[static_cast<size_t>(position)]);
        }
    }
}

void check_logits(const GoldenSet & set, const nlohmann::json & entry, const WeightType & type,
                  std::shared_ptr<const Model> model) {
    const Array<float> golden = set.floats(entry, "logits");
    const Array<float> golden_cached = set.floats(entry, "logits_cached");
    const int64_t T = set.ints(entry, "decoder_input_ids").shape[1];
    const bool guidance = entry.at("cfg");
    const int64_t n_rows =
        golden.shape[0] / (guidance ? 2 : 1);  // the unconditional rows follow the conditional ones
    const int64_t first_kept = entry.at("positions_kept").at(0);
    const int64_t n_prefill = entry.at("prefill");
    Comparison whole;
    Comparison cached;
    for (int64_t b = 0; b < n_rows; ++b) {
        const GoldenRow row = row_of(set, entry, b);
        const Branches once = run(model, row, row.n_positions, guidance, type.kv_type);
        const Branches stepped =
            run(model, row, std::max<int64_t>(1, n_prefill - row.n_padding), guidance, type.kv_type);
        append_rows(whole, golden, b, first_kept, row, once.conditional);
        append_rows(cached, golden_cached, b, T - golden_cached.shape[2], row, stepped.conditional);
        if (guidance) {
            append_rows(whole, golden, n_rows + b, first_kept, row, once.unconditional);
            append_rows(cached, golden_cached, n_rows + b, T - golden_cached.shape[2], row, stepped.unconditional);
        }
    }
    const Device device = model->placement.device();
    report(set, entry, "logits", type, device, whole);
    report(set, entry, "cached", type, device, cached);
}

// The residual stream that enters each layer, and the normed one that enters the head, for cases that state them.
void check_inner_states(const GoldenSet & set, const nlohmann::json & entry, std::shared_ptr<const Model> model) {
    const auto n_layers = static_cast<size_t>(model->hparams.dia.decoder.num_hidden_layers);
    for (size_t layer = 0; layer <= n_layers; ++layer) {
        const std::string name = layer < n_layers ? "block_input_" + std::to_string(layer) : "final_norm";
        if (!set.has(entry, name)) {
            continue;
        }
        const Array<float> golden = set.floats(entry, name);
        ASSERT_FALSE(entry.at("cfg").get<bool>()) << "states of a guidance pair are not stated by any known case";
        for (int64_t b = 0; b < golden.shape[0]; ++b) {
            const GoldenRow row = row_of(set, entry, b);
            SequenceInput input;
            input.tokens = row.tokens;
            input.taps.hidden_states = true;
            SequenceDecoder decoder(encode(model, row.text, {}, {1, {}, nullptr}), {1, DIA_TYPE_F32, 0});
            decoder.run(input);
            const SequenceOutputs & outputs = decoder.outputs();
            const std::vector<float> & values = layer < n_layers ? outputs.layer_inputs[layer] : outputs.states;
            const auto end = golden.values.begin() + (b + 1) * golden.shape[1] * golden.shape[2];
            const std::vector<float> expected(end - static_cast<std::ptrdiff_t>(values.size()), end);
            const Difference found = difference(values, expected);
            const Device device = model->placement.device();
            const double tolerance = tolerance_of(entry, kWeightTypes[0], found.max_expected, device);
            print_row(set.name(), on(device, entry.at("id").get<std::string>() + " " + name), found, tolerance);
            EXPECT_LE(found.max_abs, tolerance) << name << ", row " << b << ", element " << found.worst_index;
        }
    }
}

void check_every_case(Device device) {
    for (const auto & set : golden_sets()) {
        for (const WeightType & type : kWeightTypes) {
            const auto model = golden_model(*set, type.type, device);
            for (const nlohmann::json & entry : set->cases("decoder")) {
                SCOPED_TRACE(set->name() + " " + entry.at("id").get<std::string>() + " " + type.name);
                check_logits(*set, entry, type, model);
                if (type.type == DIA_TYPE_F32) {
                    check_inner_states(*set, entry, model);
                }
            }
        }
    }
}

TEST(DecoderParity, logits_match_the_reference) {
    check_every_case(Device());
}

TEST(DecoderParity, logits_of_a_gpu_match_the_reference) {
    check_every_case(test_gpu());
}

}  // namespace
}  // namespace dia::testing
