"""Writes the sines that the sound files of this folder hold: a quarter of a second, 6 dB below full scale."""

import math
import struct


def write_wav(path, rate, bits, frequencies):
    width = bits // 8
    peak = 10 ** (-6 / 20) * 2 ** (bits - 1)
    data = b"".join(
        round(peak * math.sin(2 * math.pi * frequency * i / rate)).to_bytes(width, "little", signed=True)
        for i in range(rate // 4)
        for frequency in frequencies
    )
    n_channels = len(frequencies)
    frame = width * n_channels
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, n_channels, rate,
                         rate * frame, frame, bits, b"data", len(data))
    with open(path, "wb") as file:
        file.write(header + data)


write_wav("stereo.wav", 44100, 16, [440, 880])
write_wav("mono24.wav", 22050, 24, [440])
write_wav("mono16.wav", 22050, 16, [440])
