#include "audio/audio_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "expect_error.h"
#include "support/memory_ledger.h"
#include "temporary_folder.h"
#include "wav_bytes.h"

namespace dia {
namespace {

using testing::append_float;
using testing::append_integer;
using testing::Bytes;
using testing::expect_error;
using testing::wav_bytes;
using testing::WavFields;

constexpr uint16_t kPcm = 1;
constexpr uint16_t kFloat = 3;
constexpr double kPi = 3.14159265358979323846;

AudioClip decode(const Bytes & bytes, int32_t sampling_rate = 0) {
    return decode_audio(bytes, "test", sampling_rate);
}

void expect_refused(dia_status status, std::initializer_list<std::string> texts, const Bytes & bytes) {
    expect_error(status, texts, [&] { decode(bytes); });
}

Bytes test_file(const std::string & name) {
    const std::string content = testing::read_file(std::string(DIA_TEST_DATA_DIR) + "/audio/" + name);
    return Bytes(content.begin(), content.end());
}

// Sixteen bits, one channel.
WavFields pcm16(const std::vector<int16_t> & samples) {
    WavFields fields;
    for (const int16_t sample : samples) {
        append_integer(fields.data, static_cast<uint16_t>(sample), 2);
    }
    return fields;
}

// These samples, as a file with this encoding stores them.
const std::vector<double> kLevels = {0, 0.5, -0.5, 0.25, -1};

Bytes encoded(uint16_t encoding, uint16_t bits, bool extensible) {
    WavFields fields;
    fields.encoding = encoding;
    fields.bits = bits;
    fields.extensible = extensible;
    for (const double level : kLevels) {
        if (encoding == kFloat && bits == 32) {
            append_float(fields.data, static_cast<float>(level));
        } else if (encoding == kFloat) {
            append_float(fields.data, level);
        } else if (bits == 8) {
            append_integer(fields.data, static_cast<uint64_t>(level * 128 + 128), 1);
        } else {
            const auto integer = static_cast<int64_t>(level * std::pow(2.0, bits - 1));
            append_integer(fields.data, static_cast<uint64_t>(integer), bits / 8);
        }
    }
    return wav_bytes(fields);
}

TEST(AudioFile, EveryWidthOfWavGivesTheExactSamples) {
    struct Width {
        uint16_t encoding;
        uint16_t bits;
    };
    for (const Width width : {Width{kPcm, 8}, Width{kPcm, 16}, Width{kPcm, 24}, Width{kPcm, 32}, Width{kFloat, 32},
                              Width{kFloat, 64}}) {
        for (const bool extensible : {false, true}) {
            const AudioClip clip = decode(encoded(width.encoding, width.bits, extensible));
            ASSERT_EQ(clip.samples.size(), kLevels.size()) << width.encoding << ", " << width.bits << " bits";
            for (size_t i = 0; i < kLevels.size(); ++i) {
                EXPECT_EQ(static_cast<double>(clip.samples[i]), kLevels[i])
                    << "sample " << i << ", encoding " << width.encoding << ", " << width.bits
                    << " bits, extensible " << extensible;
            }
            EXPECT_STREQ(clip.format, "WAV");
            EXPECT_EQ(clip.sampling_rate, 44100);
            EXPECT_EQ(clip.source_channels, 1);
        }
    }
}

TEST(AudioFile, LogarithmicWavsAreRead) {
    WavFields fields;
    fields.bits = 8;
    fields.sampling_rate = 8000;
    fields.data = {0xD5, 0xAA};  // A-law: the least and the largest positive level
    fields.encoding = 6;
    const AudioClip a_law = decode(wav_bytes(fields));
    EXPECT_NEAR(a_law.samples[0], 8.0 / 32768, 1e-6);
    EXPECT_NEAR(a_law.samples[1], 32256.0 / 32768, 1e-6);
    fields.data = {0xFF, 0x80};  // mu-law: the same
    fields.encoding = 7;
    const AudioClip mu_law = decode(wav_bytes(fields));
    EXPECT_NEAR(mu_law.samples[0], 0, 1e-6);
    EXPECT_NEAR(mu_law.samples[1], 32124.0 / 32768, 1e-6);
}

TEST(AudioFile, ChannelsAreAveraged) {
    WavFields stereo = pcm16({16384, 0, -16384, 16384, 0, -8192});
    stereo.n_channels = 2;
    const AudioClip clip = decode(wav_bytes(stereo));
    EXPECT_EQ(clip.samples, (std::vector<float>{0.25f, 0, -0.125f}));
    EXPECT_EQ(clip.source_channels, 2);

    WavFields surround = pcm16({6000, 6000, 6000, -6000, -6000, 0, 600, 0, 0, 0, 0, 0});
    surround.n_channels = 6;
    EXPECT_EQ(decode(wav_bytes(surround)).samples, (std::vector<float>{1000 / 32768.0f, 100 / 32768.0f}));
}

TEST(AudioFile, UnknownAndOddChunksAreSkipped) {
    WavFields fields = pcm16({1, 2, 3});
    fields.chunks_before = testing::chunk("LIST", Bytes{1, 2, 3});
    testing::append(fields.chunks_before, testing::chunk("odd ", Bytes{9}));
    fields.chunks_after = testing::chunk("note", Bytes{1, 2, 3, 4, 5});
    EXPECT_EQ(decode(wav_bytes(fields)).samples, (std::vector<float>{1 / 32768.0f, 2 / 32768.0f, 3 / 32768.0f}));

    // What follows the data may be cut off, the padding of the data too.
    Bytes cut = wav_bytes(fields);
    cut.resize(cut.size() - 4);
    EXPECT_EQ(decode(cut).samples.size(), 3u);
    WavFields odd;
    odd.bits = 8;
    odd.data = {128, 192, 64};
    cut = wav_bytes(odd);
    cut.pop_back();
    EXPECT_EQ(decode(cut).samples, (std::vector<float>{0, 0.5f, -0.5f}));
}

TEST(AudioFile, ASizeThatIsLeftOpenMeansTheRest) {
    WavFields fields = pcm16({100, 200});
    fields.stated_data_size = 0xFFFFFFFF;
    EXPECT_EQ(decode(wav_bytes(fields)).samples.size(), 2u);
}

TEST(AudioFile, TruncatedWavsAreRefusedWithBothSizes) {
    WavFields fields = pcm16({1, 2, 3, 4});
    fields.stated_data_size = 1000;
    expect_refused(DIA_STATUS_INVALID_FILE, {"test", "truncated", "1000", "8"}, wav_bytes(fields));
    const Bytes whole = wav_bytes(pcm16(std::vector<int16_t>(100, 5)));
    for (size_t size = 1; size < whole.size(); ++size) {
        try {
            decode(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
            ADD_FAILURE() << "the first " << size << " of " << whole.size() << " bytes were taken for a file";
        } catch (const Error & error) {
            const bool is_file = error.status() == DIA_STATUS_INVALID_FILE;
            EXPECT_TRUE(is_file || (size < 12 && error.status() == DIA_STATUS_UNSUPPORTED)) << error.what();
        }
    }
}

TEST(AudioFile, MalformedWavsAreRefused) {
    expect_refused(DIA_STATUS_INVALID_FILE, {"empty"}, {});
    expect_refused(DIA_STATUS_INVALID_FILE, {"no samples"}, wav_bytes(WavFields{}));
    WavFields no_channels = pcm16({1, 2});
    no_channels.n_channels = 0;
    expect_refused(DIA_STATUS_INVALID_FILE, {"0 channels"}, wav_bytes(no_channels));

    Bytes bytes = wav_bytes(pcm16({1, 2}));
    bytes[32] = 7;  // the size of a frame
    expect_refused(DIA_STATUS_INVALID_FILE, {"7 bytes", "expected 2"}, bytes);
    bytes = wav_bytes(pcm16({1, 2}));
    bytes[12] = 'x';
    expect_refused(DIA_STATUS_INVALID_FILE, {"no format chunk"}, bytes);
    bytes = wav_bytes(pcm16({1, 2}));
    bytes[36] = 'x';
    expect_refused(DIA_STATUS_INVALID_FILE, {"no data chunk"}, bytes);
}

TEST(AudioFile, OtherEncodingsAndFormatsAreUnsupported) {
    WavFields fields = pcm16({1, 2, 3, 4});
    fields.encoding = 0x11;
    expect_refused(DIA_STATUS_UNSUPPORTED, {"0x0011", "16 bits"}, wav_bytes(fields));
    fields.encoding = kFloat;
    expect_refused(DIA_STATUS_UNSUPPORTED, {"0x0003", "16 bits"}, wav_bytes(fields));
    fields.encoding = kPcm;
    fields.bits = 64;
    expect_refused(DIA_STATUS_UNSUPPORTED, {"64 bits"}, wav_bytes(fields));
    const std::string text = "OggS, this is not";
    expect_refused(DIA_STATUS_UNSUPPORTED, {"neither WAV nor FLAC nor MP3"}, Bytes(text.begin(), text.end()));
    expect_refused(DIA_STATUS_UNSUPPORTED, {"neither WAV nor FLAC nor MP3"}, Bytes(1000, 0));
}

TEST(AudioFile, ChannelsAndRatesBeyondTheLimitsAreRefusedByNumber) {
    WavFields fields = pcm16(std::vector<int16_t>(16, 1));
    fields.n_channels = 8;
    expect_refused(DIA_STATUS_UNSUPPORTED, {"8 channels", "1 to 6"}, wav_bytes(fields));
    fields.n_channels = 1;
    for (const uint32_t rate : {0u, 1u, 999u, 384001u, 10000000u}) {
        fields.sampling_rate = rate;
        expect_refused(DIA_STATUS_UNSUPPORTED, {" " + std::to_string(rate) + " Hz", "1000 to 384000"},
                       wav_bytes(fields));
    }
    fields.sampling_rate = 44100;
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"sampling_rate", "999"}, [&] { decode(wav_bytes(fields), 999); });
    expect_error(DIA_STATUS_INVALID_ARGUMENT, {"sampling_rate", "-1"}, [&] { decode(wav_bytes(fields), -1); });
}

TEST(AudioFile, MoreThanTenMinutesAreRefused) {
    WavFields fields;
    fields.bits = 8;
    fields.sampling_rate = 1000;
    fields.data.assign(600 * 1000, 128);
    EXPECT_EQ(decode(wav_bytes(fields)).samples.size(), 600000u);
    fields.data.push_back(128);
    expect_refused(DIA_STATUS_UNSUPPORTED, {"too long", "600000", "1000 Hz"}, wav_bytes(fields));
}

TEST(AudioFile, SamplesThatAreNotNumbersAreRefused) {
    for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity(), 1e300}) {
        WavFields fields;
        fields.encoding = kFloat;
        fields.bits = 64;
        append_float(fields.data, 0.0);
        append_float(fields.data, value);
        expect_refused(DIA_STATUS_INVALID_FILE, {"sample 1", "finite"}, wav_bytes(fields));
    }
}

// The sines of tests/data/audio/README.md.
double expected_stereo(size_t i) {
    const double time = static_cast<double>(i) / 44100;
    return std::pow(10, -6 / 20.0) * (std::sin(2 * kPi * 440 * time) + std::sin(2 * kPi * 880 * time)) / 2;
}

double expected_mono(size_t i) {
    return std::pow(10, -6 / 20.0) * std::sin(2 * kPi * 440 * static_cast<double>(i) / 22050);
}

double largest_difference(const std::vector<float> & samples, double (*expected)(size_t)) {
    double largest = 0;
    for (size_t i = 0; i < samples.size(); ++i) {
        largest = std::max(largest, std::fabs(static_cast<double>(samples[i]) - expected(i)));
    }
    return largest;
}

TEST(AudioFile, FlacGivesTheSamplesThatWereEncoded) {
    const AudioClip stereo = decode(test_file("stereo_44100_16bit.flac"));
    EXPECT_STREQ(stereo.format, "FLAC");
    EXPECT_EQ(stereo.source_channels, 2);
    EXPECT_EQ(stereo.sampling_rate, 44100);
    EXPECT_EQ(stereo.samples.size(), 11025u);
    EXPECT_LT(largest_difference(stereo.samples, expected_stereo), 1.0 / 32768);

    const AudioClip mono = decode(test_file("mono_22050_24bit.flac"));
    EXPECT_EQ(mono.source_channels, 1);
    EXPECT_EQ(mono.sampling_rate, 22050);
    EXPECT_EQ(mono.samples.size(), 5512u);
    EXPECT_LT(largest_difference(mono.samples, expected_mono), 1.0 / 8388608);
}

TEST(AudioFile, Mp3StartsAndEndsWhereTheOriginalDid) {
    const AudioClip clip = decode(test_file("stereo_44100_128kbps.mp3"));
    EXPECT_STREQ(clip.format, "MP3");
    EXPECT_EQ(clip.source_channels, 2);
    EXPECT_EQ(clip.sampling_rate, 44100);
    EXPECT_EQ(clip.samples.size(), 11025u);
    EXPECT_LT(largest_difference(clip.samples, expected_stereo), 0.05);
}

TEST(AudioFile, Mp3WithoutATagIsWholeFrames) {
    const AudioClip clip = decode(test_file("mono_22050_without_tag.mp3"));
    EXPECT_EQ(clip.source_channels, 1);
    EXPECT_EQ(clip.sampling_rate, 22050);
    EXPECT_EQ(clip.samples.size() % 576, 0u);
    EXPECT_GT(clip.samples.size(), 5512u);
    EXPECT_LT(clip.samples.size(), 5512u + 4 * 576);
}

TEST(AudioFile, TruncatedFlacAndMp3AreRefusedWithBothCounts) {
    for (const char * name : {"stereo_44100_16bit.flac", "stereo_44100_128kbps.mp3"}) {
        Bytes bytes = test_file(name);
        bytes.resize(bytes.size() * 2 / 3);
        expect_refused(DIA_STATUS_INVALID_FILE, {"truncated", "11025"}, bytes);
    }
}

TEST(AudioFile, DamagedFilesAreRefusedOrReadButNeverWorse) {
    const int64_t before = live_bytes();
    for (const char * name : {"stereo_44100_16bit.flac", "mono_22050_24bit.flac", "stereo_44100_128kbps.mp3",
                              "mono_22050_without_tag.mp3"}) {
        const Bytes whole = test_file(name);
        uint32_t state = 12345;
        for (int round = 0; round < 300; ++round) {
            Bytes bytes = whole;
            for (int change = 0; change <= round % 8; ++change) {
                state = state * 1664525 + 1013904223;
                const size_t range = round % 2 == 0 ? std::min<size_t>(64, bytes.size()) : bytes.size();
                bytes[(state >> 8) % range] = static_cast<uint8_t>(state >> 3);
            }
            if (round % 3 == 0) {
                bytes.resize((state >> 5) % bytes.size());
            }
            try {
                const AudioClip clip = decode(bytes);
                EXPECT_FALSE(clip.samples.empty()) << name << ", round " << round;
            } catch (const Error & error) {
                EXPECT_TRUE(error.status() == DIA_STATUS_INVALID_FILE || error.status() == DIA_STATUS_UNSUPPORTED)
                    << name << ", round " << round << ": " << error.what();
            }
        }
    }
    EXPECT_EQ(live_bytes(), before);
}

TEST(AudioFile, ARateIsConverted) {
    const Bytes bytes = test_file("mono_22050_24bit.flac");
    const AudioClip clip = decode(bytes, 44100);
    EXPECT_EQ(clip.sampling_rate, 44100);
    EXPECT_EQ(clip.source_sampling_rate, 22050);
    EXPECT_EQ(clip.samples.size(), 2 * 5512u);
    EXPECT_EQ(decode(bytes, 22050).samples, decode(bytes).samples);
    for (size_t i = 400; i < 10600; i += 2) {
        ASSERT_NEAR(clip.samples[i], expected_mono(i / 2), 1e-5) << "sample " << i;
    }
}

TEST(AudioFile, FilesAreReadByTheirPath) {
    const testing::TemporaryFolder folder;
    const Bytes bytes = wav_bytes(pcm16({16384}));
    const std::string path = folder.write("\xC3\xA4.wav", std::string(bytes.begin(), bytes.end()));
    EXPECT_EQ(load_audio(path, 0).samples, std::vector<float>{0.5f});
    expect_error(DIA_STATUS_IO, {"no/such.wav"}, [] { load_audio("no/such.wav", 0); });
    expect_error(DIA_STATUS_IO, {"regular file"}, [] { load_audio("/dev/zero", 0); });
}

}  // namespace
}  // namespace dia
