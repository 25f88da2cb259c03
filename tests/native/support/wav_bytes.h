// WAV files for the tests, field by field, so that each of them can be wrong.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace dia::testing {

using Bytes = std::vector<uint8_t>;

inline void append(Bytes & bytes, const std::string & text) {
    bytes.insert(bytes.end(), text.begin(), text.end());
}

inline void append(Bytes & bytes, const Bytes & more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

// The lowest `size` bytes, little endian.
inline void append_integer(Bytes & bytes, uint64_t value, int size) {
    for (int i = 0; i < size; ++i) {
        bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
    }
}

template <typename Float>
void append_float(Bytes & bytes, Float value) {
    uint8_t raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes.insert(bytes.end(), raw, raw + sizeof value);
}

struct WavFields {
    uint16_t encoding = 1;
    uint16_t n_channels = 1;
    uint32_t sampling_rate = 44100;
    uint16_t bits = 16;
    bool extensible = false;
    uint32_t stated_data_size = 0;  // 0: the size of the data
    Bytes data;
    Bytes chunks_before;  // whole chunks between the format and the data
    Bytes chunks_after;
};

inline Bytes chunk(const std::string & name, const Bytes & content) {
    Bytes bytes;
    append(bytes, name);
    append_integer(bytes, content.size(), 4);
    append(bytes, content);
    if (content.size() % 2 != 0) {
        bytes.push_back(0);
    }
    return bytes;
}

inline Bytes wav_bytes(const WavFields & fields) {
    const int frame_size = fields.n_channels * fields.bits / 8;
    Bytes format;
    append_integer(format, fields.extensible ? 0xFFFE : fields.encoding, 2);
    append_integer(format, fields.n_channels, 2);
    append_integer(format, fields.sampling_rate, 4);
    append_integer(format, static_cast<uint64_t>(fields.sampling_rate) * static_cast<uint64_t>(frame_size), 4);
    append_integer(format, static_cast<uint64_t>(frame_size), 2);
    append_integer(format, fields.bits, 2);
    if (fields.extensible) {
        append_integer(format, 22, 2);
        append_integer(format, fields.bits, 2);
        append_integer(format, 0, 4);  // speakers
        append_integer(format, fields.encoding, 2);
        append(format, Bytes{0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71});
    }
    Bytes body;
    append(body, "WAVE");
    append(body, chunk("fmt ", format));
    append(body, fields.chunks_before);
    Bytes data = chunk("data", fields.data);
    if (fields.stated_data_size != 0) {
        Bytes size;
        append_integer(size, fields.stated_data_size, 4);
        std::copy(size.begin(), size.end(), data.begin() + 4);
    }
    append(body, data);
    append(body, fields.chunks_after);
    Bytes bytes;
    append(bytes, "RIFF");
    append_integer(bytes, body.size(), 4);
    append(bytes, body);
    return bytes;
}

}  // namespace dia::testing
