#include "audio/audio_file.h"

#include <miniaudio/miniaudio.h>

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstring>
#include <new>

#include "audio/resampler.h"
#include "audio/wav_header.h"
#include "support/error.h"
#include "support/input_file.h"

namespace dia {

namespace {

constexpr int64_t kFramesPerRead = 4096;

// miniaudio looks for tags at fixed distances after the header of an MP3 frame, which may be the end of the file.
constexpr size_t kMp3Padding = 4096;

struct Format {
    const char * name;
    ma_encoding_format encoding;
    ma_format samples;  // what to decode to
};

bool begins_with(span<const uint8_t> bytes, const char * text) {
    const size_t size = std::strlen(text);
    return bytes.size() >= size && std::memcmp(bytes.data(), text, size) == 0;
}

// Eleven bits of synchronisation, and a layer and a bit rate that exist.
bool begins_with_mp3_frame(span<const uint8_t> bytes) {
    return bytes.size() >= 4 && bytes[0] == 0xFF && (bytes[1] & 0xE0) == 0xE0 && (bytes[1] & 0x06) != 0 &&
           (bytes[2] & 0xF0) != 0xF0 && (bytes[2] & 0x0C) != 0x0C;
}

void check_limits(int64_t n_channels, int64_t sampling_rate, const std::string & name) {
    if (n_channels < 1 || n_channels > kMaxAudioChannels) {
        fail(DIA_STATUS_UNSUPPORTED, "%s: the file has %lld channels, expected 1 to %d", name.c_str(),
             static_cast<long long>(n_channels), kMaxAudioChannels);
    }
    if (sampling_rate < kMinSamplingRate || sampling_rate > kMaxAudioFileRate) {
        fail(DIA_STATUS_UNSUPPORTED, "%s: the file has a sampling rate of %lld Hz, expected %d to %d", name.c_str(),
             static_cast<long long>(sampling_rate), kMinSamplingRate, kMaxAudioFileRate);
    }
}

// Integers stay integers: miniaudio's own conversion of 8 bits to floating point takes silence to 1/255.
Format recognise(span<const uint8_t> bytes, const std::string & name) {
    if (bytes.empty()) {
        fail(DIA_STATUS_INVALID_FILE, "%s: the file is empty", name.c_str());
    }
    if (is_wav(bytes)) {
        const WavHeader header = read_wav_header(bytes, name);
        check_limits(header.n_channels, header.sampling_rate, name);
        return {"WAV", ma_encoding_format_wav, header.is_integer ? ma_format_s32 : ma_format_f32};
    }
    if (begins_with(bytes, "fLaC")) {
        return {"FLAC", ma_encoding_format_flac, ma_format_s32};
    }
    if (begins_with(bytes, "ID3") || begins_with_mp3_frame(bytes)) {
        return {"MP3", ma_encoding_format_mp3, ma_format_f32};
    }
    fail(DIA_STATUS_UNSUPPORTED, "%s: the file is neither WAV nor FLAC nor MP3", name.c_str());
}

// miniaudio's memory, so that it is counted. Where it wants more for a block, it takes a new one. Some of its
// functions do not tell a lack of memory from a damaged file.
void * allocate(size_t n_bytes, void * out_of_memory) {
    void * const block = ::operator new(n_bytes, std::nothrow);
    *static_cast<bool *>(out_of_memory) |= block == nullptr;
    return block;
}

void deallocate(void * block, void *) {
    ::operator delete(block);
}

class Decoder {
public:
    Decoder(span<const uint8_t> bytes, const Format & format, const std::string & name)
        : format_(format), name_(name) {
        ma_decoder_config config = ma_decoder_config_init(format.samples, 0, 0);
        config.encodingFormat = format.encoding;
        config.allocationCallbacks = {&out_of_memory_, allocate, nullptr, deallocate};
        const ma_result result = ma_decoder_init_memory(bytes.data(), bytes.size(), &config, &decoder_);
        if (result != MA_SUCCESS) {
            check_memory();
            fail(DIA_STATUS_INVALID_FILE, "%s: the %s file is malformed: no audio could be found in it",
                 name_.c_str(), format_.name);
        }
        out_of_memory_ = false;  // it did without
    }
    ~Decoder() { ma_decoder_uninit(&decoder_); }
    Decoder(const Decoder &) = delete;
    Decoder & operator=(const Decoder &) = delete;

    int64_t n_channels() const { return decoder_.outputChannels; }
    int64_t sampling_rate() const { return decoder_.outputSampleRate; }

    // Frames that the file states; 0 if it does not. MP3 files without such a statement are counted.
    int64_t stated_frames() {
        ma_uint64 length = 0;
        const bool known = ma_decoder_get_length_in_pcm_frames(&decoder_, &length) == MA_SUCCESS;
        check_memory();
        return known ? static_cast<int64_t>(std::min<ma_uint64>(length, INT64_MAX)) : 0;
    }

    // Decodes frames into `samples`, interleaved, as many as fit or are left, and returns how many.
    int64_t read(span<float> samples) {
        const auto room = static_cast<ma_uint64>(samples.size()) / decoder_.outputChannels;
        ma_uint64 n_frames = 0;
        if (format_.samples == ma_format_f32) {
            ma_decoder_read_pcm_frames(&decoder_, samples.data(), room, &n_frames);
            check_memory();
            return static_cast<int64_t>(n_frames);
        }
        integers_.resize(samples.size());
        ma_decoder_read_pcm_frames(&decoder_, integers_.data(), room, &n_frames);
        check_memory();
        std::transform(integers_.begin(), integers_.end(), samples.begin(),
                       [](int32_t value) { return static_cast<float>(value / 2147483648.0); });
        return static_cast<int64_t>(n_frames);
    }

private:
    void check_memory() const {
        if (out_of_memory_) {
            throw std::bad_alloc();
        }
    }

    Format format_;
    const std::string & name_;
    ma_decoder decoder_;
    bool out_of_memory_ = false;
    std::vector<int32_t> integers_;
};

int64_t most_frames(int64_t sampling_rate) {
    return std::min(kMaxAudioSeconds * sampling_rate, kMaxAudioFrames);
}

[[noreturn]] void fail_as_too_long(int64_t sampling_rate, const std::string & name) {
    fail(DIA_STATUS_UNSUPPORTED, "%s: the audio is too long: more than %lld samples per channel at %lld Hz",
         name.c_str(), static_cast<long long>(most_frames(sampling_rate)), static_cast<long long>(sampling_rate));
}

// Appends the mean of each frame's channels.
void append_means(span<const float> interleaved, int64_t n_channels, const std::string & name,
                  std::vector<float> & samples) {
    for (const float * frame = interleaved.begin(); frame != interleaved.end(); frame += n_channels) {
        double sum = 0;
        for (int64_t channel = 0; channel < n_channels; ++channel) {
            sum += static_cast<double>(frame[channel]);
        }
        const auto mean = static_cast<float>(sum / static_cast<double>(n_channels));
        if (!std::isfinite(mean)) {
            fail(DIA_STATUS_INVALID_FILE, "%s: sample %zu is not a finite number", name.c_str(), samples.size());
        }
        samples.push_back(mean);
    }
}

std::vector<float> read_mono(Decoder & decoder, const std::string & name) {
    std::vector<float> samples;
    std::vector<float> interleaved(static_cast<size_t>(kFramesPerRead * decoder.n_channels()));
    while (const int64_t n_frames = decoder.read(interleaved)) {
        if (static_cast<int64_t>(samples.size()) + n_frames > most_frames(decoder.sampling_rate())) {
            fail_as_too_long(decoder.sampling_rate(), name);
        }
        append_means({interleaved.data(), static_cast<size_t>(n_frames * decoder.n_channels())},
                     decoder.n_channels(), name, samples);
    }
    return samples;
}

void check_complete(Decoder & decoder, const std::vector<float> & samples, const std::string & name) {
    const auto n_samples = static_cast<int64_t>(samples.size());
    if (n_samples == 0) {
        fail(DIA_STATUS_INVALID_FILE, "%s: the file holds no samples", name.c_str());
    }
    const int64_t stated = decoder.stated_frames();
    if (n_samples < stated) {
        fail(DIA_STATUS_INVALID_FILE,
             "%s: the file is truncated or damaged: it states %lld samples per channel, but %lld could be decoded",
             name.c_str(), static_cast<long long>(stated), static_cast<long long>(n_samples));
    }
}

AudioClip decode(span<const uint8_t> bytes, const Format & format, const std::string & name) {
    Decoder decoder(bytes, format, name);
    check_limits(decoder.n_channels(), decoder.sampling_rate(), name);
    AudioClip clip;
    clip.format = format.name;
    clip.source_channels = static_cast<int32_t>(decoder.n_channels());
    clip.source_sampling_rate = static_cast<int32_t>(decoder.sampling_rate());
    clip.sampling_rate = clip.source_sampling_rate;
    clip.samples = read_mono(decoder, name);
    check_complete(decoder, clip.samples, name);
    return clip;
}

AudioClip decode_padded(span<const uint8_t> bytes, const Format & format, const std::string & name) {
    std::vector<uint8_t> padded(bytes.size() + kMp3Padding);
    std::copy(bytes.begin(), bytes.end(), padded.begin());
    return decode({padded.data(), bytes.size()}, format, name);
}

void require_file_size(uint64_t n_bytes, const std::string & name) {
    if (n_bytes > static_cast<uint64_t>(kMaxAudioFileBytes)) {
        fail(DIA_STATUS_UNSUPPORTED, "%s: the file has %" PRIu64 " bytes, expected at most %lld", name.c_str(),
             n_bytes, static_cast<long long>(kMaxAudioFileBytes));
    }
}

}  // namespace

AudioClip decode_audio(span<const uint8_t> bytes, const std::string & name, int32_t sampling_rate) {
    if (sampling_rate != 0) {
        require_sampling_rate(sampling_rate, "sampling_rate");
    }
    require_file_size(bytes.size(), name);
    const Format format = recognise(bytes, name);
    const bool is_mp3 = format.encoding == ma_encoding_format_mp3;
    AudioClip clip = is_mp3 ? decode_padded(bytes, format, name) : decode(bytes, format, name);
    if (sampling_rate != 0 && sampling_rate != clip.sampling_rate) {
        clip.samples = resample(clip.samples, clip.sampling_rate, sampling_rate);
        clip.sampling_rate = sampling_rate;
    }
    return clip;
}

AudioClip load_audio(const std::string & path, int32_t sampling_rate) {
    const InputFile file(path);
    require_file_size(file.n_bytes(), path);
    return decode_audio(file.read_all(), path, sampling_rate);
}

}  // namespace dia
