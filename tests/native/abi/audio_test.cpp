// From a sound file to codes, through the C interface alone.

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "dia/dia.h"
#include "tiny_model.h"

namespace dia_abi {
namespace {

const std::string kFlac = DIA_TEST_DATA_DIR "/audio/stereo_44100_16bit.flac";

AudioPtr load(const std::string & path, int32_t sampling_rate) {
    dia_audio * audio = nullptr;
    EXPECT_EQ(dia_audio_load(path.c_str(), sampling_rate, &audio), DIA_STATUS_OK) << dia_last_error_message();
    return AudioPtr(audio);
}

std::vector<float> samples_of(const AudioPtr & audio) {
    const float * samples = dia_audio_samples(audio.get());
    return std::vector<float>(samples, samples + dia_audio_sample_count(audio.get()));
}

std::vector<int32_t> encode(int32_t window_frames, const std::vector<float> & samples) {
    dia_codec_params params;
    EXPECT_EQ(dia_codec_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.window_frames = window_frames;
    const CodecPtr codec = make_codec(&params);
    const auto n_samples = static_cast<int64_t>(samples.size());
    int64_t n_frames = 0;
    EXPECT_EQ(dia_codec_encode(codec.get(), samples.data(), n_samples, nullptr, 0, &n_frames),
              DIA_STATUS_BUFFER_TOO_SMALL);
    std::vector<int32_t> codes(static_cast<size_t>(n_frames * tiny_config().codec_n_codebooks), -1);
    EXPECT_EQ(dia_codec_encode(codec.get(), samples.data(), n_samples, codes.data(),
                               static_cast<int64_t>(codes.size()), &n_frames),
              DIA_STATUS_OK)
        << dia_last_error_message();
    return codes;
}

TEST(Audio, AFileTellsWhatItIs) {
    const AudioPtr audio = load(kFlac, 0);
    EXPECT_STREQ(dia_audio_format(audio.get()), "FLAC");
    EXPECT_EQ(dia_audio_sample_count(audio.get()), 11025);
    EXPECT_EQ(dia_audio_sampling_rate(audio.get()), 44100);
    EXPECT_EQ(dia_audio_source_sampling_rate(audio.get()), 44100);
    EXPECT_EQ(dia_audio_source_channel_count(audio.get()), 2);
}

TEST(Audio, MemoryAndFileGiveTheSameSamples) {
    std::ifstream file(kFlac, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    dia_audio * audio = nullptr;
    ASSERT_EQ(dia_audio_load_memory(bytes.data(), static_cast<int64_t>(bytes.size()), 0, &audio), DIA_STATUS_OK)
        << dia_last_error_message();
    EXPECT_EQ(samples_of(AudioPtr(audio)), samples_of(load(kFlac, 0)));
}

TEST(Audio, LoadingAtARateIsResampling) {
    const std::vector<float> samples = samples_of(load(kFlac, 0));
    int64_t needed = 0;
    EXPECT_EQ(dia_resample(samples.data(), 11025, 44100, 16000, nullptr, 0, &needed), DIA_STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(needed, 4000);
    std::vector<float> resampled(static_cast<size_t>(needed));
    ASSERT_EQ(dia_resample(samples.data(), 11025, 44100, 16000, resampled.data(), needed, nullptr), DIA_STATUS_OK)
        << dia_last_error_message();
    const AudioPtr audio = load(kFlac, 16000);
    EXPECT_EQ(dia_audio_sampling_rate(audio.get()), 16000);
    EXPECT_EQ(dia_audio_source_sampling_rate(audio.get()), 44100);
    EXPECT_EQ(samples_of(audio), resampled);
}

TEST(Audio, CodesDoNotDependOnTheWindow) {
    const dia_config config = tiny_config();
    const std::vector<float> samples = samples_of(load(kFlac, config.codec_sampling_rate));
    const std::vector<int32_t> codes = encode(1000, samples);
    const auto hop = static_cast<size_t>(config.codec_hop_length);
    EXPECT_EQ(codes.size(), (samples.size() + hop - 1) / hop * static_cast<size_t>(config.codec_n_codebooks));
    for (const int32_t code : codes) {
        ASSERT_GE(code, 0);
        ASSERT_LT(code, config.codec_codebook_size);
    }
    EXPECT_EQ(encode(7, samples), codes);
}

TEST(Audio, TheEndOfAClipIsFilledWithZeros) {
    std::vector<float> samples = samples_of(load(kFlac, 0));
    const auto hop = static_cast<size_t>(tiny_config().codec_hop_length);
    samples.resize(3 * hop + 1);
    const std::vector<int32_t> codes = encode(86, samples);
    EXPECT_EQ(codes.size(), 4 * static_cast<size_t>(tiny_config().codec_n_codebooks));
    samples.resize(4 * hop);
    EXPECT_EQ(encode(86, samples), codes);
}

TEST(Audio, EncodingIsCancelledLikeDecoding) {
    const CodecPtr codec = make_codec();
    const std::vector<float> samples(1000);
    std::vector<int32_t> codes(10000);
    const auto run = [&] {
        return dia_codec_encode(codec.get(), samples.data(), 1000, codes.data(), 10000, nullptr);
    };
    dia_codec_cancel(codec.get());
    EXPECT_EQ(run(), DIA_STATUS_CANCELLED);
    EXPECT_EQ(run(), DIA_STATUS_OK) << dia_last_error_message();
}

TEST(Audio, CodebooksAreCopiedWhole) {
    const CodecPtr codec = make_codec();
    const dia_config config = tiny_config();
    const int64_t size = int64_t{config.codec_codebook_size} * config.codec_codebook_dim;
    const auto copy = [&](int32_t codebook) {
        int64_t needed = 0;
        EXPECT_EQ(dia_codec_copy_codebook(codec.get(), codebook, nullptr, 0, &needed), DIA_STATUS_BUFFER_TOO_SMALL);
        EXPECT_EQ(needed, size);
        std::vector<float> vectors(static_cast<size_t>(size));
        EXPECT_EQ(dia_codec_copy_codebook(codec.get(), codebook, vectors.data(), size, nullptr), DIA_STATUS_OK)
            << dia_last_error_message();
        return vectors;
    };
    const std::vector<float> last = copy(config.codec_n_codebooks - 1);
    EXPECT_NE(copy(0), last);
    EXPECT_EQ(copy(config.codec_n_codebooks - 1), last);
}

TEST(Audio, NothingIsLeaked) {
    load(kFlac, 48000);
    dia_audio * audio = nullptr;
    EXPECT_NE(dia_audio_load_memory("fLaC", 4, 0, &audio), DIA_STATUS_OK);
    const int64_t before = dia_live_bytes();
    load(kFlac, 48000);
    EXPECT_NE(dia_audio_load_memory("fLaC", 4, 0, &audio), DIA_STATUS_OK);
    EXPECT_EQ(dia_live_bytes(), before);
}

}  // namespace
}  // namespace dia_abi
