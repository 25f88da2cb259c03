// What the model computes for given tokens, through dia_encoding and dia_decoder's classes, against every golden
// case of kind "forward": hidden states of every layer, attentions, logits, in one call and in several. Rows of a
// padded batch run alone and without their padding, at the positions that they have in the batch; where the
// reference pads, the golden values are 0. On the processor and on a GPU. Bar: 1e-4 of the tensor's largest value,
// on a GPU what weight_types.h adds.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "comparison.h"
#include "golden_case.h"
#include "golden_model.h"
#include "model/model.h"
#include "model/sequence_decoder.h"
#include "model/text_encoding.h"
#include "test_gpu.h"
#include "weight_types.h"

namespace dia::testing {
namespace {

constexpr Taps kAllTaps = {true, true};

// Where a mask [B][n] lets row b be: 0 to n - 1 without a mask.
std::vector<int64_t> visible_places(const GoldenCase & golden, const std::string & mask, int64_t b, int64_t n) {
    std::vector<int64_t> places;
    const bool masked = golden.set->has(golden.entry, mask);
    const Array<int32_t> values = masked ? golden.set->ints(golden.entry, mask) : Array<int32_t>();
    for (int64_t i = 0; i < n; ++i) {
        if (!masked || values.values[static_cast<size_t>(b * n + i)] != 0) {
            places.push_back(i);
        }
    }
    return places;
}

std::vector<int32_t> narrowed(const std::vector<int64_t> & places) {
    return std::vector<int32_t>(places.begin(), places.end());
}

// A golden result [layers][B][heads][queries][keys], of which dimensions may be 1, and ours beside it.
struct Comparison {
    std::vector<float> expected;
    std::vector<float> actual;
};

// The comparisons of a case, by the name of the result.
using Comparisons = std::map<std::string, Comparison>;

// Five dimensions of a golden tensor, those that a result lacks being 1.
struct Golden {
    std::vector<float> values;
    int64_t layers, rows, heads, queries, keys;

    float at(int64_t layer, int64_t row, int64_t head, int64_t query, int64_t key) const {
        return values[static_cast<size_t>((((layer * rows + row) * heads + head) * queries + query) * keys + key)];
    }
};

Golden golden_states(const GoldenCase & golden, const std::string & name) {
    const Array<float> a = golden.set->floats(golden.entry, name);
    return {a.values, a.shape[0], a.shape[1], 1, a.shape[2], a.shape[3]};
}

Golden golden_attentions(const GoldenCase & golden, const std::string & name) {
    const Array<float> a = golden.set->floats(golden.entry, name);
    return {a.values, a.shape[0], a.shape[1], a.shape[2], a.shape[3], a.shape[4]};
}

// Golden logits are [B * C][queries][some tokens].
Golden golden_logits(const GoldenCase & golden, const std::string & name, int64_t n_channels) {
    const Array<float> a = golden.set->floats(golden.entry, name);
    return {a.values, 1, a.shape[0] / n_channels, n_channels, a.shape[1], a.shape[2]};
}

// One layer of a result: ours is [heads][places of queries][places of keys]; golden queries begin at `first_query`
// and golden values at other places are 0.
void compare(const Golden & golden, int64_t layer, int64_t row, const std::vector<float> & ours,
             const std::vector<int64_t> & queries, int64_t first_query, const std::vector<int64_t> & keys,
             Comparison & both) {
    ASSERT_EQ(ours.size(), static_cast<size_t>(golden.heads) * queries.size() * keys.size());
    for (int64_t head = 0; head < golden.heads; ++head) {
        for (int64_t query = 0; query < golden.queries; ++query) {
            const auto q = std::find(queries.begin(), queries.end(), first_query + query);
            for (int64_t key = 0; key < golden.keys; ++key) {
                const auto k = std::find(keys.begin(), keys.end(), key);
                const bool visible = q != queries.end() && k != keys.end();
                const size_t index =
                    (static_cast<size_t>(head) * queries.size() + static_cast<size_t>(q - queries.begin())) *
                        keys.size() +
                    static_cast<size_t>(k - keys.begin());
                both.expected.push_back(golden.at(layer, row, head, query, key));
                both.actual.push_back(visible ? ours[index] : 0.0f);
            }
        }
    }
}

std::vector<int64_t> all_places(int64_t n) {
    std::vector<int64_t> places;
    for (int64_t i = 0; i < n; ++i) {
        places.push_back(i);
    }
    return places;
}

// Logits [n][C][V] as [C][n][some tokens].
std::vector<float> some_logits(const std::vector<float> & logits, int64_t C, int64_t V,
                               const std::vector<int64_t> & ids) {
    const int64_t n = static_cast<int64_t>(logits.size()) / (C * V);
    std::vector<float> some;
    for (int64_t c = 0; c < C; ++c) {
        for (int64_t t = 0; t < n; ++t) {
            for (const int64_t id : ids) {
                some.push_back(logits[static_cast<size_t>((t * C + c) * V + id)]);
            }
        }
    }
    return some;
}

// A row of a case: what it is given, without padding.
class Row {
public:
    Row(const GoldenCase & golden, int64_t b, Device device)
        : golden_(golden), b_(b), model_(golden_model(*golden.set, DIA_TYPE_F32, device)) {}

    void run(Comparisons & comparisons) {
        encode(comparisons);
        SequenceDecoderOptions options;
        options.n_threads = 1;
        options.max_positions = 4096;
        SequenceDecoder decoder(encoding_, options);
        int64_t first = 0;
        const auto chunks = golden_.entry.at("chunks").get<std::vector<int64_t>>();
        for (size_t chunk = 0; chunk < chunks.size(); ++chunk) {
            run_chunk(decoder, std::to_string(chunk) + "/", first, chunks[chunk], comparisons);
            first += chunks[chunk];
        }
    }

private:
    const DecoderHparams & hparams() const { return model_->hparams.dia.decoder; }

    void encode(Comparisons & comparisons) {
        const Array<int32_t> ids = golden_.set->ints(golden_.entry, "input_ids");
        const int64_t S = ids.shape[1];
        text_places_ = visible_places(golden_, "attention_mask", b_, S);
        std::vector<int32_t> text;
        for (const int64_t place : text_places_) {
            text.push_back(ids.values[static_cast<size_t>(b_ * S + place)]);
        }
        EncodingOptions options;
        options.n_threads = 1;
        options.taps = kAllTaps;
        encoding_ = dia::encode(model_, text, narrowed(text_places_), options);
        if (golden_.set->has(golden_.entry, "encoder_hidden_states")) {
            const Golden states = golden_states(golden_, "encoder_hidden_states");
            const Golden attentions = golden_attentions(golden_, "encoder_attentions");
            compare_layers(states, encoding_->layer_inputs, encoding_->states, text_places_, 0,
                           comparisons["encoder_hidden_states"]);
            for (int64_t layer = 0; layer < attentions.layers; ++layer) {
                compare(attentions, layer, b_, encoding_->attentions[static_cast<size_t>(layer)], text_places_, 0,
                        text_places_, comparisons["encoder_attentions"]);
            }
        }
    }

    void compare_layers(const Golden & golden, const std::vector<std::vector<float>> & layer_inputs,
                        const std::vector<float> & states, const std::vector<int64_t> & queries,
                        int64_t first_query, Comparison & both) {
        ASSERT_EQ(layer_inputs.size() + 1, static_cast<size_t>(golden.layers));
        for (int64_t layer = 0; layer < golden.layers; ++layer) {
            const bool last = layer + 1 == golden.layers;
            compare(golden, layer, b_, last ? states : layer_inputs[static_cast<size_t>(layer)], queries,
                    first_query, all_places(golden.keys), both);
        }
    }

    // The token of place `place`, channel c: [B][T][C], [B * C][T], or BOS where the case gives none.
    int32_t token(int64_t place, int64_t c) const {
        const int64_t C = hparams().num_channels;
        if (!golden_.set->has(golden_.entry, "decoder_input_ids")) {
            return model_->hparams.dia.bos_token_id;
        }
        const Array<int32_t> tokens = golden_.set->ints(golden_.entry, "decoder_input_ids");
        const int64_t index = tokens.shape.size() == 3 ? (b_ * tokens.shape[1] + place) * C + c
                                                       : (b_ * C + c) * tokens.shape[1] + place;
        return tokens.values[static_cast<size_t>(index)];
    }

    int64_t position_id(int64_t place) const {
        if (!golden_.set->has(golden_.entry, "decoder_position_ids")) {
            return place;
        }
        const Array<int32_t> ids = golden_.set->ints(golden_.entry, "decoder_position_ids");
        const int64_t row = ids.shape[0] == 1 ? 0 : b_;
        return ids.values[static_cast<size_t>(row * ids.shape[1] + place)];
    }

    void run_chunk(SequenceDecoder & decoder, const std::string & prefix, int64_t first, int64_t count,
                   Comparisons & comparisons) {
        const auto chunks = golden_.entry.at("chunks").get<std::vector<int64_t>>();
        int64_t total = 0;
        for (const int64_t chunk : chunks) {
            total += chunk;
        }
        std::vector<int64_t> past;
        std::vector<int64_t> here;
        for (const int64_t place : visible_places(golden_, "decoder_attention_mask", b_, total)) {
            if (place < first + count) {
                past.push_back(place);
            }
            if (place >= first && place < first + count) {
                here.push_back(place - first);
            }
        }
        if (here.empty()) {
            return;
        }
        std::vector<int32_t> tokens;
        std::vector<int32_t> position_ids;
        for (const int64_t place : here) {
            position_ids.push_back(static_cast<int32_t>(position_id(first + place)));
            for (int64_t c = 0; c < hparams().num_channels; ++c) {
                tokens.push_back(token(first + place, c));
            }
        }
        SequenceInput input;
        input.tokens = tokens;
        input.position_ids = position_ids;
        input.taps = kAllTaps;
        decoder.run(input);
        compare_chunk(decoder.outputs(), prefix, count, here, past, comparisons);
    }

    void compare_chunk(const SequenceOutputs & outputs, const std::string & prefix, int64_t count,
                       const std::vector<int64_t> & here, const std::vector<int64_t> & past,
                       Comparisons & comparisons) {
        const Golden states = golden_states(golden_, prefix + "hidden_states");
        const int64_t first_kept = count - states.queries;  // a long call keeps its last positions
        compare_layers(states, outputs.layer_inputs, outputs.states, here, first_kept,
                       comparisons["hidden_states"]);
        const Golden self = golden_attentions(golden_, prefix + "self_attentions");
        const Golden cross = golden_attentions(golden_, prefix + "cross_attentions");
        for (int64_t layer = 0; layer < self.layers; ++layer) {
            const auto index = static_cast<size_t>(layer);
            compare(self, layer, b_, outputs.self_attentions[index], here, first_kept, past,
                    comparisons["self_attentions"]);
            compare(cross, layer, b_, outputs.cross_attentions[index], here, first_kept, text_places_,
                    comparisons["cross_attentions"]);
        }
        const auto ids = golden_.entry.at("logit_ids").get<std::vector<int64_t>>();
        compare(golden_logits(golden_, prefix + "logits", hparams().num_channels), 0, b_,
                some_logits(outputs.logits, hparams().num_channels, hparams().vocab_size, ids), here, first_kept,
                all_places(static_cast<int64_t>(ids.size())), comparisons["logits"]);
    }

    const GoldenCase & golden_;
    const int64_t b_;
    const std::shared_ptr<const Model> model_;
    std::vector<int64_t> text_places_;
    std::shared_ptr<const TextEncoding> encoding_;
};

class ForwardParity : public ::testing::TestWithParam<GoldenCase> {
protected:
    static void check(Device device) {
        const GoldenCase & golden = GetParam();
        const int64_t n_rows = golden.set->ints(golden.entry, "input_ids").shape[0];
        Comparisons comparisons;
        for (int64_t b = 0; b < n_rows; ++b) {
            SCOPED_TRACE("row " + std::to_string(b));
            Row(golden, b, device).run(comparisons);
        }
        const std::string where = device.is_gpu() ? std::string(" on ") + device.name() : "";
        for (const auto & [name, both] : comparisons) {
            const Difference found = difference(both.actual, both.expected);
            const double tolerance = tolerance_of(golden.entry, kWeightTypes[0], found.max_expected, device);
            print_row(golden.set->name(), golden.id() + " " + name + where, found, tolerance);
            EXPECT_LE(found.max_abs, tolerance) << name << ", element " << found.worst_index;
        }
    }
};

TEST_P(ForwardParity, inner_values_match_the_reference) {
    check(Device());
}

TEST_P(ForwardParity, inner_values_of_a_gpu_match_the_reference) {
    check(test_gpu());
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ForwardParity);
INSTANTIATE_TEST_SUITE_P(Golden, ForwardParity, ::testing::ValuesIn(golden_cases("forward")), golden_case_name);

// A set without golden/forward.json has no such case.
TEST(ForwardParitySets, have_cases) {
    for (const auto & set : golden_sets()) {
        if (set->cases("forward").empty()) {
            GTEST_SKIP() << "the set " << set->name() << " has no case of kind \"forward\"";
        }
    }
}

}  // namespace
}  // namespace dia::testing
