// The part of the C interface that turns codes into samples and samples into codes.

#include <algorithm>
#include <limits>
#include <memory>

#include "api/api_guard.h"
#include "api/copy_out.h"
#include "api/finite.h"
#include "api/model_handle.h"
#include "api/versioned_struct.h"
#include "dac/dac_codec.h"
#include "dia/dia.h"

struct dia_codec {
    dia_codec(const dia_model & model, const dia::DacCodecOptions & options) : codec(model.model, options) {}

    dia::DacCodec codec;
};

namespace {

dia_codec_params default_codec_params() {
    const dia::DacCodecOptions defaults;
    dia_codec_params params = {};
    params.struct_size = sizeof(params);
    params.n_threads = defaults.n_threads;
    params.window_frames = defaults.window_frames;
    return params;
}

// Frames of a clip whose codes and samples can still be counted.
int64_t most_frames(const dia::DacCodec & codec) {
    return std::numeric_limits<int64_t>::max() / std::max(codec.n_codebooks(), codec.hop_length()) / 8;
}

void require_frame_count(int64_t n_frames, const dia::DacCodec & codec) {
    const int64_t most = most_frames(codec);
    if (n_frames > most) {
        dia::fail(DIA_STATUS_INVALID_ARGUMENT, "n_frames is %lld, expected at most %lld",
                  static_cast<long long>(n_frames), static_cast<long long>(most));
    }
}

void require_sample_count(int64_t n_samples, const dia::DacCodec & codec) {
    const int64_t most = most_frames(codec) * codec.hop_length();
    if (n_samples < 1 || n_samples > most) {
        dia::fail(DIA_STATUS_INVALID_ARGUMENT, "n_samples is %lld, expected 1 to %lld",
                  static_cast<long long>(n_samples), static_cast<long long>(most));
    }
}

}  // namespace

dia_status dia_codec_params_init(dia_codec_params * params, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(params, struct_size, default_codec_params(), "params"); });
}

dia_status dia_codec_create(const dia_model * model, const dia_codec_params * params, dia_codec ** out) {
    return dia::guard([&] {
        dia::clear_output(out, "out");
        dia::require(model, "model");
        const dia_codec_params given = dia::read_struct(params, default_codec_params());
        dia::DacCodecOptions options;
        options.n_threads = given.n_threads;
        options.window_frames = given.window_frames;
        *out = std::make_unique<dia_codec>(*model, options).release();
    });
}

void dia_codec_free(dia_codec * codec) {
    std::unique_ptr<dia_codec> owned(codec);
}

int32_t dia_codec_context_frames(const dia_codec * codec) {
    return codec == nullptr ? 0 : static_cast<int32_t>(codec->codec.context_frames());
}

int32_t dia_codec_fits_beside(const dia_codec * codec, int32_t n_threads) {
    return dia::guard_or(0, [&] { return codec != nullptr && codec->codec.fits_beside(n_threads) ? 1 : 0; });
}

dia_status dia_codec_copy_codebook(const dia_codec * codec, int32_t codebook, float * vectors, int64_t capacity,
                                   int64_t * needed) {
    return dia::guard([&] {
        const dia::DacCodec & source = dia::require(codec, "codec").codec;
        dia::copy_out(source.codebook(codebook), vectors, capacity, needed, "vectors");
    });
}

dia_status dia_codec_decode(dia_codec * codec, const int32_t * codes, int64_t n_frames, int64_t first_frame,
                            int64_t count, float * samples, int64_t capacity, int64_t * needed) {
    return dia::guard([&] {
        dia::DacCodec & decoder = dia::require(codec, "codec").codec;
        dia::require_array(codes, n_frames, "codes", "n_frames");
        dia::require_array(samples, capacity, "samples", "capacity");
        require_frame_count(n_frames, decoder);

        // A count beyond the clip is refused by decode(), with the numbers.
        const int64_t n_samples = count >= 0 && count <= n_frames ? count * decoder.hop_length() : 0;
        if (needed != nullptr) {
            *needed = n_samples;
        }
        if (capacity < n_samples) {
            dia::fail(DIA_STATUS_BUFFER_TOO_SMALL, "capacity is %lld, but %lld frames are %lld samples",
                      static_cast<long long>(capacity), static_cast<long long>(count),
                      static_cast<long long>(n_samples));
        }
        decoder.decode({codes, static_cast<size_t>(n_frames * decoder.n_codebooks())}, first_frame, count,
                       {samples, static_cast<size_t>(n_samples)});
    });
}

dia_status dia_codec_encode(dia_codec * codec, const float * samples, int64_t n_samples, int32_t * codes,
                            int64_t capacity, int64_t * n_frames) {
    return dia::guard([&] {
        dia::DacCodec & encoder = dia::require(codec, "codec").codec;
        require_sample_count(n_samples, encoder);
        dia::require(samples, "samples");
        dia::require_array(codes, capacity, "codes", "capacity");

        const int64_t count = (n_samples + encoder.hop_length() - 1) / encoder.hop_length();
        const int64_t n_codes = count * encoder.n_codebooks();
        if (n_frames != nullptr) {
            *n_frames = count;
        }
        if (capacity < n_codes) {
            dia::fail(DIA_STATUS_BUFFER_TOO_SMALL,
                      "capacity is %lld, but %lld samples are %lld frames of %lld codes",
                      static_cast<long long>(capacity), static_cast<long long>(n_samples),
                      static_cast<long long>(count), static_cast<long long>(encoder.n_codebooks()));
        }
        const dia::span<const float> clip(samples, static_cast<size_t>(n_samples));
        dia::require_finite(clip, "samples");
        const dia::EncodedAudio encoded = encoder.encode(clip);
        std::copy(encoded.codes.begin(), encoded.codes.end(), codes);
    });
}

void dia_codec_cancel(dia_codec * codec) {
    if (codec != nullptr) {
        codec->codec.cancel();
    }
}
