// The header of a WAV file, read strictly: the decoder that follows takes a cut-off file for a short one, and
// samples of an encoding that it does not know for silence.
#pragma once

#include <cstdint>
#include <string>

#include "support/span.h"

namespace dia {

struct WavHeader {
    bool is_integer = false;  // linear PCM; otherwise floating point, A-law or mu-law
    int32_t n_channels = 0;
    int64_t sampling_rate = 0;
};

// Whether the bytes begin as those of a WAV file do.
bool is_wav(span<const uint8_t> bytes);

// `name` begins every message. Throws DIA_STATUS_INVALID_FILE for a malformed header and for data that end before
// their stated size, which may be left open as 0xFFFFFFFF; DIA_STATUS_UNSUPPORTED for another encoding.
WavHeader read_wav_header(span<const uint8_t> bytes, const std::string & name);

}  // namespace dia
