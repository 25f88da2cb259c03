// The codec on a GPU beside the processor, which convolves by operators of its own.
#include <cmath>
#include <cstdio>

#include "comparison.h"
#include "dac/dac_codec.h"
#include "device_fixture.h"

namespace dia::testing {
namespace {

class CodecDeviceTest : public DeviceTest {
protected:
    static std::vector<int32_t> codes(const DacCodec & codec, int64_t n_frames) {
        std::vector<int32_t> codes(static_cast<size_t>(n_frames * codec.n_codebooks()));
        for (size_t i = 0; i < codes.size(); ++i) {
            codes[i] = static_cast<int32_t>((i * 7919 + 5) % 1024);
        }
        return codes;
    }

    static std::vector<float> decode(DacCodec & codec, int64_t n_frames) {
        std::vector<float> samples(static_cast<size_t>(n_frames * codec.hop_length()));
        codec.decode(codes(codec, n_frames), 0, n_frames, samples);
        return samples;
    }
};

// One window, the last one shorter, and a clip so short that a window has no whole context.
TEST_F(CodecDeviceTest, decodes_what_the_processor_decodes) {
    for (const dia_type type : {DIA_TYPE_F32, DIA_TYPE_F16}) {
        const auto on_cpu = load(DIA_TYPE_F32, Device(), type);
        const auto on_gpu = load(DIA_TYPE_F32, gpu(), type);
        DacCodec expected(on_cpu, {});
        DacCodec actual(on_gpu, {});
        for (const int64_t n_frames : {3, 64, 150}) {
            const Difference found = difference(decode(actual, n_frames), decode(expected, n_frames));
            const double tolerance = (type == DIA_TYPE_F32 ? 2e-3 : 1e-2) * found.max_expected;
            print_row("device", "decode " + std::to_string(n_frames) + (type == DIA_TYPE_F32 ? " f32" : " f16"),
                      found, tolerance);
            EXPECT_GT(found.max_expected, 0.0);
            EXPECT_LE(found.max_abs, tolerance) << n_frames << " frames, sample " << found.worst_index;
        }
    }
}

// A window's samples do not depend on where its clip is cut into windows, but for rounding.
TEST_F(CodecDeviceTest, decodes_window_by_window) {
    const auto model = load(DIA_TYPE_F32, gpu(), DIA_TYPE_F32);
    DacCodec whole(model, {});
    DacCodecOptions small;
    small.window_frames = 7;
    DacCodec pieces(model, small);
    const Difference found = difference(decode(pieces, 60), decode(whole, 60));
    print_row("device", "decode in windows of 7", found, 2e-3 * found.max_expected);
    EXPECT_LE(found.max_abs, 2e-3 * found.max_expected);
}

TEST_F(CodecDeviceTest, encodes_what_the_processor_encodes) {
    const auto on_cpu = load(DIA_TYPE_F32, Device(), DIA_TYPE_F32);
    const auto on_gpu = load(DIA_TYPE_F32, gpu(), DIA_TYPE_F32);
    std::vector<float> samples(static_cast<size_t>(150 * on_cpu->hparams.dac->hop_length + 100));
    for (size_t i = 0; i < samples.size(); ++i) {
        samples[i] =
            0.3f * std::sin(0.05f * static_cast<float>(i)) + 0.2f * std::sin(0.0311f * static_cast<float>(i));
    }
    const EncodedAudio expected = DacCodec(on_cpu, {}).encode(samples);
    const EncodedAudio actual = DacCodec(on_gpu, {}).encode(samples);
    const int64_t equal = count_equal(actual.codes, expected.codes);
    const auto total = static_cast<int64_t>(expected.codes.size());
    print_row("device", "encode", equal, total);
    std::printf("the smallest lead of a code over the next one: %g\n", expected.smallest_lead);
    EXPECT_GE(equal, total * 9 / 10);  // a close decision changes the codebooks behind it, too
}

}  // namespace
}  // namespace dia::testing
