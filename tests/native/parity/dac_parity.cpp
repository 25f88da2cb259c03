// The codec against the reference: latents, inner signals and samples of its decoder, latents and codes of its
// encoder. Windowed decoding must equal decoding in one piece to the bit.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "backend/cpu_backend.h"
#include "backend/graph.h"
#include "comparison.h"
#include "dac/dac_codec.h"
#include "dac/snake.h"
#include "dia/dia.h"
#include "golden_model.h"
#include "golden_set.h"
#include "model/model.h"

namespace dia {
namespace {

using testing::Array;
using testing::difference;
using testing::Difference;
using testing::golden_model;
using testing::golden_sets;
using testing::GoldenSet;
using testing::print_row;

// Largest difference of a sample in [-1, 1].
constexpr double kSampleTolerance = 1e-4;

// Largest difference of an inner signal, relative to its largest value.
constexpr double kSignalTolerance = 1e-4;

void expect_close(const GoldenSet & set, const std::string & name, span<const float> actual,
                  span<const float> expected, double tolerance) {
    ASSERT_EQ(actual.size(), expected.size()) << set.name() << " " << name;
    const Difference found = difference(actual, expected);
    print_row(set.name(), name, found, tolerance);
    EXPECT_LE(found.max_abs, tolerance) << set.name() << " " << name << ", value " << found.worst_index << ": "
                                        << actual[static_cast<size_t>(found.worst_index)] << ", expected "
                                        << expected[static_cast<size_t>(found.worst_index)];
}

void expect_signal(const GoldenSet & set, const std::string & name, span<const float> actual,
                   span<const float> expected) {
    ASSERT_EQ(actual.size(), expected.size()) << set.name() << " " << name;
    expect_close(set, name, actual, expected,
                 kSignalTolerance * std::max(1.0, difference(actual, expected).max_expected));
}

// [n_codebooks][n] of the reference as [n][n_codebooks].
std::vector<int32_t> by_frame(const int32_t * codes, int64_t n_codebooks, int64_t n) {
    std::vector<int32_t> frames(static_cast<size_t>(n_codebooks * n));
    for (int64_t q = 0; q < n_codebooks; ++q) {
        for (int64_t frame = 0; frame < n; ++frame) {
            frames[static_cast<size_t>(frame * n_codebooks + q)] = codes[q * n + frame];
        }
    }
    return frames;
}

std::vector<float> decode(DacCodec & codec, span<const int32_t> codes) {
    const int64_t n_frames = static_cast<int64_t>(codes.size()) / codec.n_codebooks();
    std::vector<float> samples(static_cast<size_t>(n_frames * codec.hop_length()));
    codec.decode(codes, 0, n_frames, samples);
    return samples;
}

// Decodes in one piece and in windows; both must be the same bits.
std::vector<float> decode_both_ways(const std::shared_ptr<const Model> & model, span<const int32_t> codes,
                                    const std::string & name) {
    DacCodec whole_codec(model, {2, 1 << 20});
    const std::vector<float> whole = decode(whole_codec, codes);
    for (int32_t window : {1, 4, 33}) {
        DacCodec codec(model, {1, window});
        EXPECT_EQ(decode(codec, codes), whole) << name << " in windows of " << window;
    }
    return whole;
}

// A graph of the decoder over some latents.
class DecoderGraph {
public:
    DecoderGraph(const Model & model, span<const float> latents)
        : decoder_(model.dac->decoder, model.hparams.dac->upsampling_ratios, workspace_),
          backend_(1),
          graph_(4 * decoder_.n_tensors()) {
        workspace_.allocate(backend_.n_threads());
        const int64_t hidden_size = model.hparams.dac->hidden_size;
        const int64_t n_frames = static_cast<int64_t>(latents.size()) / hidden_size;
        ggml_tensor * input = graph_.input(GGML_TYPE_F32, n_frames, hidden_size);
        decoder_.build(graph_, input, {0, n_frames - 1}, &taps_);
        graph_.allocate();
        std::copy(latents.begin(), latents.end(), host_data<float>(input));
        backend_.compute(graph_.nodes());
    }

    span<const float> signal(const std::string & name) const { return {host_data<float>(tap(name)), size(name)}; }

    // The signal after Snake.
    std::vector<float> activated(const std::string & name, const ggml_tensor * alpha) const {
        const ggml_tensor * x = tap(name);  // [T, ch]
        std::vector<float> result(static_cast<size_t>(ggml_nelements(x)));
        for (int64_t channel = 0; channel < x->ne[1]; ++channel) {
            const int64_t begin = channel * x->ne[0];
            snake(host_data<float>(x) + begin, result.data() + begin, x->ne[0],
                  SnakeParams::from_alpha(host_data<float>(alpha)[channel]));
        }
        return result;
    }

private:
    const ggml_tensor * tap(const std::string & name) const {
        for (const auto & [tapped, tensor] : taps_) {
            if (tapped == name) {
                return tensor;
            }
        }
        throw std::out_of_range("no signal " + name);
    }

    size_t size(const std::string & name) const { return static_cast<size_t>(ggml_nelements(tap(name))); }

    ConvWorkspace workspace_;
    DacDecoder decoder_;
    CpuBackend backend_;
    Graph graph_;
    DacTaps taps_;
};

void compare_inner_signals(const GoldenSet & set, const nlohmann::json & entry, const Model & model,
                           span<const float> latents) {
    const std::string id = entry.at("id");
    const DecoderGraph graph(model, latents);
    expect_signal(set, id + "/conv1", graph.signal("conv1"), set.floats(entry, "conv1").values);
    for (size_t i = 0; i < model.dac->decoder.blocks.size(); ++i) {
        const std::string index = std::to_string(i);
        const std::string before = i == 0 ? "conv1" : "block_" + std::to_string(i - 1);
        expect_signal(set, id + "/snake_" + index, graph.activated(before, model.dac->decoder.blocks[i].snake),
                      set.floats(entry, "snake_" + index).values);
        for (const std::string & name : {"conv_t_" + index, "block_" + index}) {
            expect_signal(set, id + "/" + name, graph.signal(name), set.floats(entry, name).values);
        }
    }
}

TEST(DacParity, decodes_codes) {
    for (const auto & set : golden_sets()) {
        for (const nlohmann::json & entry : set->cases("dac_decode")) {
            const auto model = golden_model(*set, DIA_TYPE_F32);
            const std::string id = entry.at("id");
            const Array<int32_t> codes = set->ints(entry, "audio_codes");  // [B, n_codebooks, F]
            const Array<float> latents = set->floats(entry, "latents");    // [B, hidden_size, F]
            const Array<float> waveform = set->floats(entry, "waveform");  // [B, samples]
            const size_t batch = static_cast<size_t>(codes.shape[0]);
            const size_t n_latents = latents.values.size() / batch;
            const size_t n_samples = waveform.values.size() / batch;
            for (size_t b = 0; b < batch; ++b) {
                const std::string name = batch == 1 ? id : id + "[" + std::to_string(b) + "]";
                const std::vector<int32_t> frames =
                    by_frame(codes.values.data() + b * codes.values.size() / batch, codes.shape[1], codes.shape[2]);
                std::vector<float> decoded(n_latents);
                ResidualVectorQuantizer(model->dac->quantizers).decode(frames, decoded);
                expect_signal(*set, name + "/latents", decoded, {latents.values.data() + b * n_latents, n_latents});
                const std::vector<float> samples = decode_both_ways(model, frames, name);
                expect_close(*set, name + "/waveform", samples, {waveform.values.data() + b * n_samples, n_samples},
                             kSampleTolerance);

                // Weights in the type of the checkpoint, F16 ones among them, are the same numbers.
                DacCodec stored(golden_model(*set, DIA_TYPE_F16), {1, 1 << 20});
                EXPECT_EQ(decode(stored, frames), samples) << set->name() << " " << name;
            }
            if (set->has(entry, "conv1")) {
                compare_inner_signals(*set, entry, *model, latents.values);
            }
        }
    }
}

// A row of generated sequences: [T][C], delayed.
struct Row {
    const int32_t * tokens;
    int64_t length;
    int64_t n_channels;
};

// Position after the beginning-of-sequence tokens.
int64_t first_position(const Row & row, int32_t bos) {
    int64_t position = 0;
    while (position < row.length && row.tokens[position * row.n_channels] == bos) {
        ++position;
    }
    return position;
}

// Undoes the delay: frame f of channel c lies delay[c] positions further on.
std::vector<int32_t> frames_of_row(const Row & row, int64_t first, int64_t n_frames,
                                   const std::vector<int32_t> & delay) {
    std::vector<int32_t> frames;
    for (int64_t frame = 0; frame < n_frames; ++frame) {
        for (int64_t c = 0; c < row.n_channels; ++c) {
            frames.push_back(row.tokens[(first + frame + delay[static_cast<size_t>(c)]) * row.n_channels + c]);
        }
    }
    return frames;
}

// Compares the audio that the reference made of the rows of a case, from position `first` on, or from behind the
// beginning-of-sequence tokens if it is negative. Some cases have none.
void compare_audio(const GoldenSet & set, const nlohmann::json & entry, const std::string & kind, int64_t first) {
    const auto model = golden_model(set, DIA_TYPE_F32);
    const std::vector<int32_t> delay = set.manifest().at("delay_pattern");
    const Array<int32_t> sequences = set.ints(entry, "sequences");  // [B, T, C]
    for (int64_t b = 0; b < sequences.shape[0]; ++b) {
        const std::string audio = kind + std::to_string(b);
        if (!set.has(entry, audio)) {
            continue;
        }
        const Row row = {sequences.values.data() + b * sequences.shape[1] * sequences.shape[2], sequences.shape[1],
                         sequences.shape[2]};
        const Array<float> expected = set.floats(entry, audio);
        const int64_t n_frames = static_cast<int64_t>(expected.values.size()) / model->hparams.dac->hop_length;
        const int64_t begin =
            first >= 0 ? first : first_position(row, set.manifest().at("special_tokens").at("bos"));
        const std::string name = entry.at("id").get<std::string>() + "/" + audio;
        expect_close(set, name, decode_both_ways(model, frames_of_row(row, begin, n_frames, delay), name),
                     expected.values, kSampleTolerance);
    }
}

TEST(DacParity, decodes_generated_sequences) {
    for (const auto & set : golden_sets()) {
        for (const nlohmann::json & entry : set->cases("generate")) {
            compare_audio(*set, entry, "audio", -1);
            compare_audio(*set, entry, "audio_after_prompt", entry.at("audio_prompt_len"));
        }
        for (const nlohmann::json & entry : set->cases("e2e")) {
            const nlohmann::json & prompt = entry.at("audio_prompt_len");
            compare_audio(*set, entry, "audio", prompt.is_null() ? -1 : prompt.get<int64_t>());
        }
    }
}

// The encoder's output for whole frames of samples.
std::vector<float> encoder_output(const Model & model, span<const float> samples) {
    ConvWorkspace workspace;
    DacEncoder encoder(model.dac->encoder, model.hparams.dac->downsampling_ratios, workspace);
    CpuBackend backend(1);
    workspace.allocate(backend.n_threads());
    Graph graph(1 + encoder.n_tensors());
    ggml_tensor * input = graph.input(GGML_TYPE_F32, static_cast<int64_t>(samples.size()));
    ggml_tensor * output = encoder.build(graph, input);
    graph.allocate();
    std::copy(samples.begin(), samples.end(), host_data<float>(input));
    backend.compute(graph.nodes());
    return {host_data<float>(output), host_data<float>(output) + ggml_nelements(output)};
}

TEST(DacParity, encodes_samples) {
    for (const auto & set : golden_sets()) {
        for (const nlohmann::json & entry : set->cases("dac_encode")) {
            const auto model = golden_model(*set, DIA_TYPE_F32);
            const std::string id = entry.at("id");
            const Array<float> waveform = set->floats(entry, "waveform");     // [samples]
            const Array<int32_t> expected = set->ints(entry, "audio_codes");  // [n_codebooks, F]
            expect_signal(*set, id + "/encoder_output", encoder_output(*model, waveform.values),
                          set->floats(entry, "encoder_output").values);

            DacCodec codec(model, {});
            const EncodedAudio encoded = codec.encode(waveform.values);
            const std::vector<int32_t> frames =
                by_frame(expected.values.data(), expected.shape[0], expected.shape[1]);
            ASSERT_EQ(encoded.codes.size(), frames.size()) << set->name() << " " << id;
            const int64_t equal = testing::count_equal(encoded.codes, frames);
            print_row(set->name(), id + "/audio_codes", equal, static_cast<int64_t>(frames.size()));
            EXPECT_EQ(encoded.codes, frames)
                << set->name() << " " << id << ": the closest decision had a lead of " << encoded.smallest_lead;

            DacCodec windowed(model, {1, 5});
            EXPECT_EQ(windowed.encode(waveform.values).codes, encoded.codes) << set->name() << " " << id;

            std::vector<float> quantized(static_cast<size_t>(expected.shape[1] * model->hparams.dac->hidden_size));
            ResidualVectorQuantizer(model->dac->quantizers).decode(frames, quantized);
            expect_signal(*set, id + "/quantized", quantized, set->floats(entry, "quantized").values);
            std::printf("%-12s %-44s smallest lead of a code: %.3g\n", set->name().c_str(), id.c_str(),
                        encoded.smallest_lead);
        }
    }
}

}  // namespace
}  // namespace dia
