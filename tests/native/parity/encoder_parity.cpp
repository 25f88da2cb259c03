// The encoder's states against every golden case of kind "encoder". A row of a padded batch runs alone, at its real
// length; rows of zeros are the unconditional branch. Bar for F32: 1e-4 of the tensor's largest value; for other
// types what the case states.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "backend/backends.h"
#include "backend/cpu_backend.h"
#include "backend/graph.h"
#include "comparison.h"
#include "golden_set.h"
#include "model/encoder.h"
#include "model/model.h"
#include "weight_types.h"

namespace dia::testing {
namespace {

// The golden values of the positions that are text, and ours, one after the other.
struct Pair {
    std::vector<float> expected;
    std::vector<float> actual;

    // Row b of `golden` [B, S, E]; `values` [s][E] of its text, which fills the first positions.
    void append(const Array<float> & golden, int64_t b, const std::vector<float> & values) {
        const auto begin = golden.values.begin() + b * golden.shape[1] * golden.shape[2];
        expected.insert(expected.end(), begin, begin + static_cast<std::ptrdiff_t>(values.size()));
        actual.insert(actual.end(), values.begin(), values.end());
    }
};

std::vector<int32_t> text_of(const Array<int32_t> & ids, const Array<int32_t> & mask, int64_t b) {
    std::vector<int32_t> text;
    for (int64_t i = b * ids.shape[1]; i < (b + 1) * ids.shape[1]; ++i) {
        if (mask.values[static_cast<size_t>(i)] != 0) {
            text.push_back(ids.values[static_cast<size_t>(i)]);
        }
    }
    return text;
}

void check(const GoldenSet & set, const nlohmann::json & entry, const std::string & tensor, const WeightType & type,
           const Pair & pair) {
    const std::string name = entry.at("id").get<std::string>() + " " + tensor;
    const Difference found = difference(pair.actual, pair.expected);
    const double tolerance = tolerance_of(entry, type, found.max_expected);
    print_row(set.name(), name, found, tolerance);
    EXPECT_LE(found.max_abs, tolerance) << set.name() << ' ' << name << ", element " << found.worst_index;
}

void check_states(const GoldenSet & set, const nlohmann::json & entry, const WeightType & type,
                  const Model & model) {
    const Array<int32_t> ids = set.ints(entry, "input_ids");
    const Array<int32_t> mask = set.ints(entry, "attention_mask");
    const Array<float> golden = set.floats(entry, "last_hidden_state");
    const Backends backends(model.placement.devices(), 1);
    Pair pair;
    for (int64_t b = 0; b < ids.shape[0]; ++b) {
        pair.append(golden, b, encode_text(model, backends, text_of(ids, mask, b)));
    }
    check(set, entry, type.name, type, pair);
}

// The residual stream that enters each layer, for cases that state it.
void check_block_inputs(const GoldenSet & set, const nlohmann::json & entry, const Model & model) {
    const Array<int32_t> ids = set.ints(entry, "input_ids");
    const Array<int32_t> mask = set.ints(entry, "attention_mask");
    for (int32_t layer = 0; layer < model.hparams.dia.encoder.num_hidden_layers; ++layer) {
        const std::string name = "block_input_" + std::to_string(layer);
        if (!set.has(entry, name)) {
            continue;
        }
        const Array<float> golden = set.floats(entry, name);
        Pair pair;
        for (int64_t b = 0; b < ids.shape[0]; ++b) {
            const std::vector<int32_t> text = text_of(ids, mask, b);
            const EncoderRun run(model, text, {}, {true, false});
            CpuBackend(1).compute(run.graph.nodes());
            pair.append(golden, b, floats_of(run.tensors.layer_inputs[static_cast<size_t>(layer)]));
        }
        check(set, entry, name, kWeightTypes[0], pair);
    }
}

TEST(EncoderParity, states_match_the_reference) {
    for (const auto & set : golden_sets()) {
        for (const WeightType & type : kWeightTypes) {
            const auto model = load_model(set->gguf(type.type), {});
            for (const nlohmann::json & entry : set->cases("encoder")) {
                SCOPED_TRACE(set->name() + " " + entry.at("id").get<std::string>());
                check_states(*set, entry, type, *model);
                if (type.type == DIA_TYPE_F32) {
                    check_block_inputs(*set, entry, *model);
                }
            }
        }
    }
}

}  // namespace
}  // namespace dia::testing
