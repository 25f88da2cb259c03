// The decoder on a GPU beside the processor, which computes the same by other operators: logits of the same tokens,
// and where greedy speech first differs. What a GPU rounds is its own affair: ggml lets it multiply F32 by way of
// TF32 or F16 tiles, so the bars are wider than those of the processor.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "comparison.h"
#include "device_fixture.h"
#include "expect_error.h"
#include "gguf/storage_type.h"
#include "model/decoder_session.h"
#include "model/sequence_decoder.h"
#include "model/text_encoding.h"

namespace dia::testing {
namespace {

using Tokens = std::vector<int32_t>;

struct Case {
    dia_type type;
    dia_type kv_type;
    double tolerance;  // of the largest logit
};

// Weights and activations of the processor's Q8_0 products are rounded together, those of a GPU by its own rules.
constexpr double kF32 = 2e-3;
constexpr Case kCases[] = {
    {DIA_TYPE_F32, DIA_TYPE_F32, kF32},  {DIA_TYPE_F32, DIA_TYPE_F16, 4e-3},  {DIA_TYPE_F16, DIA_TYPE_F16, 1e-2},
    {DIA_TYPE_BF16, DIA_TYPE_F16, 2e-2}, {DIA_TYPE_Q8_0, DIA_TYPE_F16, 3e-2}, {DIA_TYPE_Q8_0, DIA_TYPE_Q8_0, 3e-2},
    {DIA_TYPE_Q5_0, DIA_TYPE_F16, 3e-2}, {DIA_TYPE_Q4_0, DIA_TYPE_F16, 3e-2}, {DIA_TYPE_IQ4_NL, DIA_TYPE_F16, 3e-2},
    {DIA_TYPE_Q4_K, DIA_TYPE_F16, 3e-2}, {DIA_TYPE_Q5_K, DIA_TYPE_F16, 3e-2}, {DIA_TYPE_Q6_K, DIA_TYPE_F16, 3e-2}};

Tokens numbers(int64_t n, int32_t below, int32_t step) {
    Tokens values(static_cast<size_t>(n));
    for (size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<int32_t>((static_cast<int64_t>(i) * step + 11) % below);
    }
    return values;
}

Tokens text(int64_t n) {
    return numbers(n, 200, 17);
}

Tokens positions(const Model & model, int64_t n, int32_t step = 37) {
    return numbers(n * model.hparams.dia.decoder.num_channels, 1000, step);
}

// Logits of a session's rows, both branches, appended.
void append(std::vector<float> & all, const DecoderSession & session, const Tokens & rows) {
    for (const int32_t row : rows) {
        const RowLogits logits = session.logits(row);
        all.insert(all.end(), logits.conditional.begin(), logits.conditional.end());
        all.insert(all.end(), logits.unconditional.begin(), logits.unconditional.end());
    }
}

void expect_close(const std::string & name, span<const float> actual, span<const float> expected,
                  double tolerance) {
    const Difference found = difference(actual, expected);
    print_row("device", name, found, tolerance * found.max_expected);
    EXPECT_GT(found.max_expected, 0.0) << name;
    EXPECT_LE(found.max_abs, tolerance * found.max_expected) << name << ", element " << found.worst_index;
}

class DecoderDeviceTest : public DeviceTest {
protected:
    // Every position of a prefix, then some steps. The prefix crosses a multiple of 256 positions, as a GPU attends
    // to.
    static std::vector<float> forced(const std::shared_ptr<const Model> & model, dia_type kv_type, bool guidance,
                                     int64_t n_prefix, int64_t n_steps) {
        DecoderSessionOptions options;
        options.n_positions = n_prefix + n_steps;
        options.guidance = guidance;
        options.kv_type = kv_type;
        DecoderSession session(model, options);
        const PrefixLogits prefix = session.prefill_logits(0, text(70), positions(*model, n_prefix));
        std::vector<float> all = prefix.conditional;
        all.insert(all.end(), prefix.unconditional.begin(), prefix.unconditional.end());
        for (int64_t t = 0; t < n_steps; ++t) {
            session.step(Tokens{0}, positions(*model, 1, 41 + static_cast<int32_t>(t)));
            append(all, session, {0});
        }
        return all;
    }
};

TEST_F(DecoderDeviceTest, gives_the_logits_of_the_processor) {
    for (const Case & test : kCases) {
        const auto on_cpu = load(test.type, Device());
        const auto on_gpu = load(test.type, gpu());
        for (const bool guidance : {true, false}) {
            const std::string name = std::string(type_name(test.type)) + ", caches " + type_name(test.kv_type) +
                                     (guidance ? "" : ", no guidance");
            expect_close(name, forced(on_gpu, test.kv_type, guidance, 40, 4),
                         forced(on_cpu, test.kv_type, guidance, 40, 4), test.tolerance);
        }
    }
}

TEST_F(DecoderDeviceTest, goes_on_where_its_graph_becomes_longer) {
    for (const dia_type kv_type : {DIA_TYPE_F32, DIA_TYPE_F16}) {
        const double tolerance = kv_type == DIA_TYPE_F32 ? kF32 : 4e-3;
        expect_close(std::string("steps 250 to 262, caches ") + type_name(kv_type),
                     forced(load(DIA_TYPE_F32, gpu()), kv_type, true, 250, 12),
                     forced(load(DIA_TYPE_F32, Device()), kv_type, true, 250, 12), tolerance);
        expect_close(std::string("a prefix of 300, caches ") + type_name(kv_type),
                     forced(load(DIA_TYPE_F32, gpu()), kv_type, true, 300, 2),
                     forced(load(DIA_TYPE_F32, Device()), kv_type, true, 300, 2), tolerance);
    }
}

// The processor has the first layers, so that the residual stream goes from one to the other.
TEST_F(DecoderDeviceTest, gives_the_same_logits_with_some_of_the_layers) {
    for (const Case & test : {kCases[0], kCases[2], kCases[4], kCases[9]}) {
        const std::vector<float> expected = forced(load(test.type, Device()), test.kv_type, true, 250, 12);
        for (int32_t n = 0; n <= 3; ++n) {
            const auto model = load_split(test.type, n);
            EXPECT_EQ(model->placement.n_gpu_layers(), n);
            const std::string name = std::string(type_name(test.type)) + ", " + std::to_string(n) + " layers";
            expect_close(name, forced(model, test.kv_type, true, 250, 12), expected, n == 0 ? 0.0 : test.tolerance);
        }
    }
}

// Texts and prefixes of different lengths; rows leave, so that others move to their places.
TEST_F(DecoderDeviceTest, keeps_the_rows_of_a_batch_apart) {
    const auto run = [](const std::shared_ptr<const Model> & model) {
        DecoderSessionOptions options;
        options.n_rows = 3;
        options.n_positions = 20;
        options.kv_type = DIA_TYPE_F32;
        DecoderSession session(model, options);
        std::vector<float> all;
        for (const int32_t row : {0, 1, 2}) {
            session.prefill(row, text(300 - 120 * row), positions(*model, 1 + 3 * row, 31 + row));
        }
        append(all, session, {0, 1, 2});
        for (const Tokens & rows : {Tokens{0, 1, 2}, Tokens{1, 2}, Tokens{2}, Tokens{0, 2}, Tokens{2, 1, 0}}) {
            session.step(rows, positions(*model, static_cast<int64_t>(rows.size()), 53));
            append(all, session, rows);
        }
        return all;
    };
    const std::vector<float> expected = run(load(DIA_TYPE_F32, Device()));
    expect_close("rows that come and go", run(load(DIA_TYPE_F32, gpu())), expected, kF32);
    expect_close("rows that come and go, 1 layer", run(load_split(DIA_TYPE_F32, 1)), expected, kF32);
}

// Speaks greedily, and tells where a GPU first chooses otherwise, and by how little the processor's choice was
// ahead.
TEST_F(DecoderDeviceTest, speaks_greedily_as_the_processor_does) {
    constexpr int64_t kSteps = 60;
    struct Speech {
        Tokens tokens;
        std::vector<float> leads;  // of the best token over the next one
        float largest = 0.0f;      // logit
    };
    const auto speak = [](const std::shared_ptr<const Model> & model, dia_type kv_type) {
        const DecoderHparams & hparams = model->hparams.dia.decoder;
        DecoderSessionOptions options;
        options.n_positions = kSteps + 1;
        options.kv_type = kv_type;
        DecoderSession session(model, options);
        session.prefill(0, text(50), positions(*model, 1));
        Speech speech;
        for (int64_t t = 0; t < kSteps; ++t) {
            const RowLogits logits = session.logits(0);
            Tokens chosen;
            for (int32_t c = 0; c < hparams.num_channels; ++c) {
                const float * begin = logits.conditional.data() + c * hparams.vocab_size;
                std::vector<float> sorted(begin, begin + hparams.vocab_size);
                chosen.push_back(
                    static_cast<int32_t>(std::max_element(sorted.begin(), sorted.end()) - sorted.begin()));
                std::partial_sort(sorted.begin(), sorted.begin() + 2, sorted.end(), std::greater<>());
                speech.leads.push_back(sorted[0] - sorted[1]);
                speech.largest = std::max(speech.largest, sorted[0]);
            }
            speech.tokens.insert(speech.tokens.end(), chosen.begin(), chosen.end());
            session.step(Tokens{0}, chosen);
        }
        return speech;
    };
    for (const Case & test : {kCases[0], kCases[2], kCases[4]}) {
        const Speech expected = speak(load(test.type, Device()), test.kv_type);
        const Speech actual = speak(load(test.type, gpu()), test.kv_type);
        const std::string name = std::string("greedy ") + type_name(test.type);
        print_row("device", name, count_equal(actual.tokens, expected.tokens),
                  static_cast<int64_t>(expected.tokens.size()));
        const auto first =
            std::mismatch(expected.tokens.begin(), expected.tokens.end(), actual.tokens.begin()).first -
            expected.tokens.begin();
        if (first == static_cast<std::ptrdiff_t>(expected.tokens.size())) {
            continue;
        }
        const float lead = expected.leads[static_cast<size_t>(first)];
        std::printf("%s: token %td is the first to differ, where the processor's best was %g ahead of the next\n",
                    name.c_str(), first, static_cast<double>(lead));
        EXPECT_LE(lead, 2.0 * test.tolerance * static_cast<double>(expected.largest)) << name;
    }
}

// Teacher forcing with everything to look at; attention weights come from operators of their own.
TEST_F(DecoderDeviceTest, shows_states_and_attentions) {
    const auto run = [](std::shared_ptr<const Model> model, bool attentions) {
        const auto encoding = encode(std::move(model), text(40), {}, {});
        SequenceDecoderOptions options;
        options.kv_type = DIA_TYPE_F32;
        SequenceDecoder decoder(encoding, options);
        SequenceInput input;
        input.taps.hidden_states = true;
        input.taps.attentions = attentions;
        SequenceOutputs outputs;
        std::vector<float> all = encoding->states;
        for (const int64_t n : {30, 1, 240}) {  // the last one makes the caches grow
            const Tokens tokens = positions(*encoding->model, n);
            input.tokens = tokens;
            decoder.run(input);
            outputs = decoder.outputs();
            for (const auto * values : {&outputs.logits, &outputs.states}) {
                all.insert(all.end(), values->begin(), values->end());
            }
            for (const auto * layers :
                 {&outputs.layer_inputs, &outputs.self_attentions, &outputs.cross_attentions}) {
                for (const std::vector<float> & values : *layers) {
                    all.insert(all.end(), values.begin(), values.end());
                }
            }
        }
        return all;
    };
    for (const bool attentions : {false, true}) {
        const std::string name = attentions ? "states and attentions" : "states";
        const std::vector<float> expected = run(load(DIA_TYPE_F32, Device()), attentions);
        expect_close(name, run(load(DIA_TYPE_F32, gpu()), attentions), expected, kF32);
        expect_close(name + ", 1 layer", run(load_split(DIA_TYPE_F32, 1), attentions), expected, kF32);
    }
}

TEST_F(DecoderDeviceTest, stops_when_cancelled_and_goes_on) {
    const auto model = load(DIA_TYPE_F32, gpu());
    std::atomic<bool> cancelled{false};
    DecoderSessionOptions options;
    options.n_positions = 8;
    options.cancelled = &cancelled;
    DecoderSession session(model, options);
    session.prefill(0, text(20), positions(*model, 2));
    cancelled = true;
    expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, [&] { session.step(Tokens{0}, positions(*model, 1)); });
    cancelled = false;
    session.step(Tokens{0}, positions(*model, 1));
}

TEST_F(DecoderDeviceTest, refuses_to_show_products) {
    DecoderSessionOptions options;
    options.n_positions = 8;
    options.observer = [](const ggml_tensor *, const ggml_tensor *) {};
    expect_error(DIA_STATUS_UNSUPPORTED, {gpu().name()},
                 [&] { DecoderSession(load(DIA_TYPE_F32, gpu()), options); });
}

}  // namespace
}  // namespace dia::testing
