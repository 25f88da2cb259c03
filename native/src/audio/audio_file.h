// Sound files become mono samples: WAV, FLAC and MP3, decoded by miniaudio, channels averaged. Averaging and
// resampling are both linear, so their order does not matter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/span.h"

namespace dia {

// Limits of what is read; beyond them a file is refused before or while it is decoded.
constexpr int64_t kMaxAudioFileBytes = int64_t{1} << 30;
constexpr int32_t kMaxAudioChannels = 6;
constexpr int32_t kMaxAudioFileRate = 384000;
constexpr int64_t kMaxAudioSeconds = 600;
constexpr int64_t kMaxAudioFrames = kMaxAudioSeconds * 192000;

struct AudioClip {
    std::vector<float> samples;  // mono, at least one, all finite; full scale is 1
    int32_t sampling_rate = 0;
    int32_t source_sampling_rate = 0;
    int32_t source_channels = 0;
    const char * format = "";  // "WAV", "FLAC" or "MP3"
};

// Decodes a whole file that lies in memory. `name` begins every message; `sampling_rate` 0 keeps the file's own.
// Throws DIA_STATUS_INVALID_FILE for a malformed, truncated or empty one and for samples that are not finite,
// DIA_STATUS_UNSUPPORTED for another format and beyond the limits, DIA_STATUS_INVALID_ARGUMENT for `sampling_rate`.
AudioClip decode_audio(span<const uint8_t> bytes, const std::string & name, int32_t sampling_rate);

// The same for the file at `path`, UTF-8. Throws DIA_STATUS_IO as well.
AudioClip load_audio(const std::string & path, int32_t sampling_rate);

}  // namespace dia
