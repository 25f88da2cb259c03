// The part of the C interface that reads sound files and changes sampling rates.

#include <memory>
#include <utility>

#include "api/api_guard.h"
#include "api/finite.h"
#include "audio/audio_file.h"
#include "audio/resampler.h"
#include "dia/dia.h"

struct dia_audio {
    explicit dia_audio(dia::AudioClip decoded) : clip(std::move(decoded)) {}

    dia::AudioClip clip;
};

dia_status dia_audio_load(const char * path, int32_t sampling_rate, dia_audio ** out) {
    return dia::guard([&] {
        dia::clear_output(out, "out");
        dia::require(path, "path");
        *out = std::make_unique<dia_audio>(dia::load_audio(path, sampling_rate)).release();
    });
}

dia_status dia_audio_load_memory(const void * bytes, int64_t n_bytes, int32_t sampling_rate, dia_audio ** out) {
    return dia::guard([&] {
        dia::clear_output(out, "out");
        const auto * first = static_cast<const uint8_t *>(bytes);
        dia::require_array(first, n_bytes, "bytes", "n_bytes");
        const dia::span<const uint8_t> file(first, static_cast<size_t>(n_bytes));
        *out = std::make_unique<dia_audio>(dia::decode_audio(file, "audio", sampling_rate)).release();
    });
}

void dia_audio_free(dia_audio * audio) {
    std::unique_ptr<dia_audio> owned(audio);
}

const float * dia_audio_samples(const dia_audio * audio) {
    return audio == nullptr ? nullptr : audio->clip.samples.data();
}

int64_t dia_audio_sample_count(const dia_audio * audio) {
    return audio == nullptr ? 0 : static_cast<int64_t>(audio->clip.samples.size());
}

int32_t dia_audio_sampling_rate(const dia_audio * audio) {
    return audio == nullptr ? 0 : audio->clip.sampling_rate;
}

int32_t dia_audio_source_sampling_rate(const dia_audio * audio) {
    return audio == nullptr ? 0 : audio->clip.source_sampling_rate;
}

int32_t dia_audio_source_channel_count(const dia_audio * audio) {
    return audio == nullptr ? 0 : audio->clip.source_channels;
}

const char * dia_audio_format(const dia_audio * audio) {
    return audio == nullptr ? nullptr : audio->clip.format;
}

dia_status dia_resample(const float * in, int64_t n, int32_t from, int32_t to, float * out, int64_t capacity,
                        int64_t * needed) {
    return dia::guard([&] {
        dia::require_array(in, n, "in", "n");
        dia::require_array(out, capacity, "out", "capacity");
        const int64_t length = dia::resampled_length(n, from, to);
        if (needed != nullptr) {
            *needed = length;
        }
        if (capacity < length) {
            dia::fail(DIA_STATUS_BUFFER_TOO_SMALL, "capacity is %lld, but %lld samples become %lld",
                      static_cast<long long>(capacity), static_cast<long long>(n), static_cast<long long>(length));
        }
        const dia::span<const float> signal(in, static_cast<size_t>(n));
        dia::require_finite(signal, "in");
        dia::Resampler(from, to).resample(signal, {out, static_cast<size_t>(length)});
    });
}
