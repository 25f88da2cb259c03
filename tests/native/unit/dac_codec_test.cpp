#include "dac/dac_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <thread>
#include <vector>

#include "backend/cpu_topology.h"
#include "backend/graph.h"
#include "expect_error.h"
#include "support/memory_ledger.h"
#include "synthetic_codec.h"

namespace dia {
namespace {

using testing::expect_error;
using testing::make_codec;
using testing::SyntheticCodec;
using testing::tiny_codec;

// The tiny codecs are quicker without the threads' meetings.
constexpr DacCodecOptions kOneThread = {1, 86};

std::vector<int32_t> some_codes(const DacHparams & hparams, int64_t n_frames) {
    std::vector<int32_t> codes(static_cast<size_t>(n_frames * hparams.n_codebooks));
    for (size_t i = 0; i < codes.size(); ++i) {
        codes[i] = static_cast<int32_t>((i * 7 + i / 5) % static_cast<size_t>(hparams.codebook_size));
    }
    return codes;
}

std::vector<float> decode(DacCodec & codec, span<const int32_t> codes, int64_t first, int64_t count) {
    std::vector<float> samples(static_cast<size_t>(count * codec.hop_length()), NAN);
    codec.decode(codes, first, count, samples);
    return samples;
}

// The shape of the real codec with few channels, and weights that the reference was given too.
SyntheticCodec reference_codec() {
    SyntheticCodec codec;
    codec.hparams.encoder_hidden_size = 4;
    codec.hparams.decoder_hidden_size = 32;
    codec.hparams.hidden_size = 64;
    codec.matrix_scale = 0.2;
    return codec;
}

TEST(DacCodec, decodes_as_the_reference_does) {
    const auto model = make_codec(reference_codec());
    std::vector<int32_t> codes(4 * 9);  // [frame][codebook]
    for (size_t frame = 0; frame < 4; ++frame) {
        for (size_t q = 0; q < 9; ++q) {
            codes[frame * 9 + q] = static_cast<int32_t>(5 + 37 * frame + 101 * q);
        }
    }
    std::vector<float> latents(64 * 4);
    ResidualVectorQuantizer(model->dac->quantizers).decode(codes, latents);
    const float frame0[] = {0.058183f, 0.054497f, -0.335683f, -0.072598f,
                            -0.02734f, 0.264964f, 0.264396f,  0.322806f};
    const float frame3[] = {0.122189f,  -0.156824f, -0.376374f, -0.087388f,
                            -0.070204f, 0.193349f,  0.102016f,  0.282544f};
    for (size_t row = 0; row < 8; ++row) {
        EXPECT_NEAR(latents[row * 4], frame0[row], 1e-6) << "frame 0, row " << row;
        EXPECT_NEAR(latents[row * 4 + 3], frame3[row], 1e-6) << "frame 3, row " << row;
    }

    DacCodec codec(model, kOneThread);
    const std::vector<float> samples = decode(codec, codes, 0, 4);
    const std::map<size_t, float> expected = {
        {0, 0.08126f},     {1, 0.098821f},    {2, 0.037478f},    {3, 0.092717f},    {100, 0.061634f},
        {511, 0.098962f},  {512, 0.140037f},  {513, 0.202339f},  {1000, 0.381033f}, {1024, 0.208966f},
        {1535, 0.122265f}, {1536, 0.163854f}, {2000, 0.043194f}, {2047, 0.034815f}};
    for (const auto & [index, value] : expected) {
        EXPECT_NEAR(samples[index], value, 2e-6) << "sample " << index;
    }
    EXPECT_NEAR(std::accumulate(samples.begin(), samples.end(), 0.0), 214.48894, 1e-3);
    EXPECT_NEAR(std::inner_product(samples.begin(), samples.end(), samples.begin(), 0.0), 29.43651, 1e-3);
}

TEST(DacCodec, decodes_windows_of_any_size_to_the_same_bits) {
    const SyntheticCodec description = tiny_codec();
    const auto model = make_codec(description);
    const int64_t n_frames = 70;
    const std::vector<int32_t> codes = some_codes(description.hparams, n_frames);
    DacCodec whole_codec(model, {1, 1000});
    const std::vector<float> whole = decode(whole_codec, codes, 0, n_frames);
    for (float sample : whole) {
        ASSERT_LE(std::fabs(sample), 1.0f);
    }
    for (int32_t window : {1, 2, 3, 5, 7, 16, 31, 69}) {
        DacCodec codec(model, {1, window});
        EXPECT_EQ(decode(codec, codes, 0, n_frames), whole) << "window of " << window;
    }
}

TEST(DacCodec, decodes_any_range_of_frames_to_the_same_bits) {
    const SyntheticCodec description = tiny_codec();
    const auto model = make_codec(description);
    const int64_t n_frames = 50;
    const std::vector<int32_t> codes = some_codes(description.hparams, n_frames);
    DacCodec codec(model, {1, 6});
    const std::vector<float> whole = decode(codec, codes, 0, n_frames);
    const int64_t hop = codec.hop_length();
    for (int64_t first = 0; first <= n_frames; ++first) {
        for (int64_t count : {int64_t{0}, int64_t{1}, int64_t{4}, int64_t{13}, n_frames - first}) {
            if (count > n_frames - first) {
                continue;
            }
            const std::vector<float> part = decode(codec, codes, first, count);
            ASSERT_EQ(part, std::vector<float>(whole.begin() + first * hop, whole.begin() + (first + count) * hop))
                << count << " frames from " << first << " on";
        }
    }
}

std::vector<float> two_sines(size_t n) {
    std::vector<float> samples(n);
    for (size_t i = 0; i < n; ++i) {
        const double t = 2.0 * 3.14159265358979323846 * static_cast<double>(i) / 44100.0;
        samples[i] = static_cast<float>(0.4 * std::sin(220.0 * t) + 0.2 * std::sin(1337.0 * t));
    }
    return samples;
}

TEST(DacCodec, encodes_as_the_reference_does) {
    DacCodec codec(make_codec(reference_codec()), kOneThread);
    const EncodedAudio encoded = codec.encode(two_sines(2048));
    const int32_t expected[9][4] = {{603, 69, 354, 24},   {82, 568, 456, 925},  {1011, 1011, 1011, 1011},
                                    {113, 409, 562, 675}, {257, 467, 54, 767},  {109, 287, 342, 615},
                                    {678, 897, 851, 945}, {663, 996, 205, 479}, {543, 503, 465, 322}};
    ASSERT_EQ(encoded.codes.size(), 36u);
    for (size_t frame = 0; frame < 4; ++frame) {
        for (size_t q = 0; q < 9; ++q) {
            EXPECT_EQ(encoded.codes[frame * 9 + q], expected[q][frame]) << "frame " << frame << ", codebook " << q;
        }
    }
    EXPECT_NEAR(encoded.smallest_lead, 2.2e-4, 2e-5);
}

TEST(DacCodec, encodes_windows_of_any_size_to_the_same_codes) {
    const auto model = make_codec(tiny_codec());
    const std::vector<float> samples = two_sines(8 * 61 - 3);
    DacCodec whole_codec(model, {1, 1000});
    const EncodedAudio whole = whole_codec.encode(samples);
    EXPECT_EQ(whole.codes.size(), 61u * 3u);
    for (int32_t window : {1, 2, 5, 17, 60}) {
        DacCodec codec(model, {1, window});
        const EncodedAudio encoded = codec.encode(samples);
        EXPECT_EQ(encoded.codes, whole.codes) << "window of " << window;
        EXPECT_EQ(encoded.smallest_lead, whole.smallest_lead) << "window of " << window;
    }
}

TEST(DacCodec, pads_the_last_frame_with_zeros) {
    DacCodec codec(make_codec(tiny_codec()), kOneThread);
    std::vector<float> samples = two_sines(37);
    const std::vector<int32_t> codes = codec.encode(samples).codes;
    EXPECT_EQ(codes.size(), 5u * 3u);
    samples.resize(40);
    EXPECT_EQ(codec.encode(samples).codes, codes);
    EXPECT_TRUE(codec.encode({}).codes.empty());
}

TEST(DacCodec, takes_encoding_and_decoding_in_turns) {
    const SyntheticCodec description = tiny_codec();
    const auto model = make_codec(description);
    DacCodec codec(model, kOneThread);
    const std::vector<int32_t> codes = some_codes(description.hparams, 10);
    const std::vector<float> samples = decode(codec, codes, 0, 10);
    const std::vector<int32_t> encoded = codec.encode(samples).codes;
    EXPECT_EQ(decode(codec, codes, 0, 10), samples);
    EXPECT_EQ(codec.encode(samples).codes, encoded);
}

TEST(DacCodec, finishes_a_frame_once_its_context_is_known) {
    const SyntheticCodec description = tiny_codec();
    DacCodec codec(make_codec(description), kOneThread);
    const int64_t context = codec.context_frames();
    const std::vector<int32_t> codes = some_codes(description.hparams, 3 * context);
    const std::vector<float> whole = decode(codec, codes, 0, context);
    const span<const int32_t> all(codes);
    const span<const int32_t> known = all.subspan(0, static_cast<size_t>(2 * context * codec.n_codebooks()));
    EXPECT_EQ(decode(codec, known, 0, context), whole);
    const span<const int32_t> too_few = all.subspan(0, static_cast<size_t>((context + 1) * codec.n_codebooks()));
    EXPECT_NE(decode(codec, too_few, 0, context), whole);
}

TEST(DacCodec, reads_only_frames_within_the_context) {
    const SyntheticCodec description = tiny_codec();
    DacCodec codec(make_codec(description), kOneThread);
    const int64_t context = codec.context_frames();
    std::vector<int32_t> codes = some_codes(description.hparams, 4 * context);
    const std::vector<float> before = decode(codec, codes, 2 * context, 1);
    codes.front() = -1;
    codes.back() = 1 << 30;
    EXPECT_EQ(decode(codec, codes, 2 * context, 1), before);
}

TEST(DacCodec, fits_beside_steps_while_cores_are_left) {
    const DacCodec codec(make_codec(tiny_codec()), kOneThread);
    const int32_t cores = physical_core_count();
    EXPECT_EQ(codec.fits_beside(1), cores >= 2);
    EXPECT_EQ(codec.fits_beside(0), cores >= 2) << "a small model runs on one thread";
    EXPECT_EQ(codec.fits_beside(cores - 1), cores >= 2);
    EXPECT_FALSE(codec.fits_beside(cores));
    EXPECT_FALSE(codec.fits_beside(INT32_MAX));
    DacCodecOptions all;
    all.n_threads = cores;
    EXPECT_FALSE(DacCodec(make_codec(tiny_codec()), all).fits_beside(1));
}

TEST(DacCodec, knows_its_context) {
    ConvWorkspace workspace;
    const auto model = make_codec(reference_codec());
    const DacContext context =
        DacDecoder(model->dac->decoder, model->hparams.dac->upsampling_ratios, workspace).context();
    EXPECT_EQ(context.before, 10);
    EXPECT_EQ(context.after, 10);
    EXPECT_EQ(DacCodec(model, kOneThread).context_frames(), 10);

    const DacContext encoder_context =
        DacEncoder(model->dac->encoder, model->hparams.dac->downsampling_ratios, workspace).context();
    EXPECT_EQ(encoder_context.before, 8);
    EXPECT_EQ(encoder_context.after, 8);
}

TEST(DacCodec, gives_the_same_bits_for_any_number_of_threads) {
    for (const SyntheticCodec & description : {tiny_codec(), reference_codec()}) {
        const auto model = make_codec(description);
        const std::vector<int32_t> codes = some_codes(description.hparams, 24);
        DacCodec alone(model, {1, 86});
        const std::vector<float> expected = decode(alone, codes, 0, 24);
        for (int32_t n_threads : {2, 4}) {
            DacCodec codec(model, {n_threads, 86});
            EXPECT_EQ(decode(codec, codes, 0, 24), expected) << n_threads << " threads";
        }
    }
}

TEST(DacCodec, runs_on_f16_weights) {
    SyntheticCodec description = tiny_codec();
    const std::vector<int32_t> codes = some_codes(description.hparams, 12);
    DacCodec wide(make_codec(description), kOneThread);
    description.type = GGML_TYPE_F16;
    DacCodec narrow(make_codec(description), kOneThread);
    const std::vector<float> expected = decode(wide, codes, 0, 12);
    const std::vector<float> actual = decode(narrow, codes, 0, 12);
    EXPECT_NE(actual, expected);
    for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_NEAR(actual[i], expected[i], 2e-2) << "sample " << i;
    }
}

TEST(DacCodec, decodes_nothing_to_nothing) {
    DacCodec codec(make_codec(tiny_codec()), kOneThread);
    EXPECT_TRUE(decode(codec, {}, 0, 0).empty());
}

TEST(DacCodec, refuses_what_is_out_of_range) {
    const SyntheticCodec description = tiny_codec();
    const auto model = make_codec(description);
    expect_error(DIA_STATUS_INVALID_STATE, {"no codec"}, [] { DacCodec(std::make_shared<Model>(), {}); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"window_frames", "0"}, [&] { DacCodec(model, {1, 0}); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"n_threads", "-1"}, [&] { DacCodec(model, {-1, 10}); });

    DacCodec codec(model, kOneThread);
    std::vector<int32_t> codes = some_codes(description.hparams, 5);
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"4 frames", "frame 2", "0 to 4"},
                 [&] { decode(codec, codes, 2, 4); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"frame -1"}, [&] { decode(codec, codes, -1, 1); });
    std::vector<float> samples(7);
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"7 samples", "8 samples"},
                 [&] { codec.decode(codes, 0, 1, samples); });
    codes[7] = 16;
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"frame 2", "codebook 1", "is 16", "0 to 15"},
                 [&] { decode(codec, codes, 0, 1); });
    codes.pop_back();
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"14 codes", "3 codebooks"}, [&] { decode(codec, codes, 0, 1); });
}

TEST(DacCodec, is_cancelled_before_a_call_and_can_go_on) {
    const SyntheticCodec description = tiny_codec();
    DacCodec codec(make_codec(description), kOneThread);
    const std::vector<int32_t> codes = some_codes(description.hparams, 5);
    const std::vector<float> expected = decode(codec, codes, 0, 5);
    codec.cancel();
    expect_error(DIA_STATUS_CANCELLED, {}, [&] { decode(codec, codes, 0, 5); });
    EXPECT_EQ(decode(codec, codes, 0, 5), expected);
}

TEST(DacCodec, is_cancelled_while_it_decodes) {
    const SyntheticCodec description = tiny_codec();
    DacCodec codec(make_codec(description), {1, 4});
    const std::vector<int32_t> codes = some_codes(description.hparams, 20000);
    std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        codec.cancel();
    });
    expect_error(DIA_STATUS_CANCELLED, {}, [&] { decode(codec, codes, 0, 20000); });
    canceller.join();
    EXPECT_NO_THROW(decode(codec, codes, 100, 5));
}

TEST(DacCodec, gives_its_memory_back) {
    const SyntheticCodec description = tiny_codec();
    const auto model = make_codec(description);
    const std::vector<int32_t> codes = some_codes(description.hparams, 40);
    const auto round = [&] {
        DacCodec codec(model, {1, 8});
        decode(codec, codes, 0, 40);
    };
    round();
    const int64_t before = live_bytes();
    round();
    EXPECT_EQ(live_bytes(), before);
}

}  // namespace
}  // namespace dia
