#include "audio/wav_header.h"

#include <cstring>
#include <optional>

#include "support/error.h"

namespace dia {

namespace {

constexpr size_t kRiffHeaderSize = 12;   // "RIFF", size, "WAVE"
constexpr size_t kChunkHeaderSize = 8;   // name, size
constexpr size_t kFormatSize = 16;       // the fields that every format chunk has
constexpr size_t kExtensibleSize = 40;   // with those of WAVE_FORMAT_EXTENSIBLE
constexpr size_t kSubFormatOffset = 24;  // where the encoding then is
constexpr uint32_t kUnknownSize = 0xFFFFFFFF;

enum Encoding : uint16_t { kPcm = 1, kFloat = 3, kALaw = 6, kMuLaw = 7, kExtensible = 0xFFFE };

uint16_t u16_at(span<const uint8_t> bytes, size_t offset) {
    return static_cast<uint16_t>(bytes[offset] | bytes[offset + 1] << 8);
}

uint32_t u32_at(span<const uint8_t> bytes, size_t offset) {
    return u16_at(bytes, offset) | static_cast<uint32_t>(u16_at(bytes, offset + 2)) << 16;
}

bool name_at(span<const uint8_t> bytes, size_t offset, const char * name) {
    return bytes.size() >= offset + 4 && std::memcmp(bytes.data() + offset, name, 4) == 0;
}

struct Format {
    uint16_t encoding;
    uint16_t n_channels;
    uint32_t sampling_rate;
    uint16_t block_align;  // bytes per frame
    uint16_t bits;         // per sample
};

Format read_format(span<const uint8_t> chunk, const std::string & name) {
    if (chunk.size() < kFormatSize) {
        fail(DIA_STATUS_INVALID_FILE, "%s: the format chunk has %zu bytes, expected at least %zu", name.c_str(),
             chunk.size(), kFormatSize);
    }
    Format format = {u16_at(chunk, 0), u16_at(chunk, 2), u32_at(chunk, 4), u16_at(chunk, 12), u16_at(chunk, 14)};
    if (format.encoding == kExtensible) {
        if (chunk.size() < kExtensibleSize) {
            fail(DIA_STATUS_INVALID_FILE, "%s: the extensible format chunk has %zu bytes, expected at least %zu",
                 name.c_str(), chunk.size(), kExtensibleSize);
        }
        format.encoding = u16_at(chunk, kSubFormatOffset);
    }
    return format;
}

bool is_supported(uint16_t encoding, uint16_t bits) {
    switch (encoding) {
        case kPcm:
            return bits == 8 || bits == 16 || bits == 24 || bits == 32;
        case kFloat:
            return bits == 32 || bits == 64;
        case kALaw:
        case kMuLaw:
            return bits == 8;
        default:
            return false;
    }
}

void check_format(const Format & format, const std::string & name) {
    if (!is_supported(format.encoding, format.bits)) {
        fail(DIA_STATUS_UNSUPPORTED,
             "%s: WAV encoding 0x%04x with %u bits per sample, expected PCM (0x0001) of 8, 16, 24 or 32 bits, "
             "floating point (0x0003) of 32 or 64 bits, A-law (0x0006) or mu-law (0x0007) of 8 bits",
             name.c_str(), format.encoding, format.bits);
    }
    if (format.n_channels == 0) {
        fail(DIA_STATUS_INVALID_FILE, "%s: the format chunk states 0 channels", name.c_str());
    }
    const uint32_t expected = static_cast<uint32_t>(format.n_channels) * format.bits / 8;
    if (format.block_align != expected) {
        fail(DIA_STATUS_INVALID_FILE, "%s: a frame of %u channels with %u bits has %u bytes, expected %u",
             name.c_str(), format.n_channels, format.bits, format.block_align, expected);
    }
}

}  // namespace

bool is_wav(span<const uint8_t> bytes) {
    return name_at(bytes, 0, "RIFF") && name_at(bytes, 8, "WAVE");
}

WavHeader read_wav_header(span<const uint8_t> bytes, const std::string & name) {
    std::optional<Format> format;
    bool has_data = false;
    size_t offset = kRiffHeaderSize;
    while (bytes.size() - offset >= kChunkHeaderSize && !(format && has_data)) {
        const bool is_format = name_at(bytes, offset, "fmt ");
        const bool is_data = name_at(bytes, offset, "data");
        const uint32_t stated = u32_at(bytes, offset + 4);
        offset += kChunkHeaderSize;
        const size_t left = bytes.size() - offset;
        const size_t size = is_data && stated == kUnknownSize ? left : stated;
        if (size > left) {
            fail(DIA_STATUS_INVALID_FILE, "%s: the file is truncated: a chunk states %zu bytes, but %zu follow",
                 name.c_str(), size, left);
        }
        if (is_format) {
            format = read_format(bytes.subspan(offset, size), name);
        } else if (is_data) {
            has_data = true;
        }
        // A chunk of odd size is followed by a byte of padding, which the last one may lack.
        offset += size == left ? size : size + size % 2;
    }
    if (!format || !has_data) {
        fail(DIA_STATUS_INVALID_FILE, "%s: the WAV file has no %s chunk", name.c_str(), format ? "data" : "format");
    }
    check_format(*format, name);
    return {format->encoding == kPcm, format->n_channels, format->sampling_rate};
}

}  // namespace dia
