// How ggml lays out quantized weights: the blocks that a row is a sequence of.
#pragma once

#include <cstdint>

namespace dia {

constexpr int kBlockSize = 32;        // weights of a plain block
constexpr int kSuperBlockSize = 256;  // weights of a super-block of the K types

// Halves are IEEE half precision. Of two weights in a byte, the low four bits are the earlier one, 16 or (in the K
// types) 32 weights before the other.
struct BlockQ8_0 {
    uint16_t scale;
    int8_t weights[32];
};

struct BlockQ4_0 {
    uint16_t scale;
    uint8_t nibbles[16];  // weight + 8
};

struct BlockQ5_0 {
    uint16_t scale;
    uint8_t fifth_bits[4];
    uint8_t nibbles[16];  // weight + 16, its low bits
};

struct BlockIQ4_NL {
    uint16_t scale;
    uint8_t nibbles[16];  // index of kIQ4Values
};

// The 16 values of IQ4_NL, finer near zero.
constexpr int8_t kIQ4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// scale * scales[i] * weight - min_scale * mins[i], for runs of 32 weights.
struct BlockQ4_K {
    uint16_t scale;
    uint16_t min_scale;
    uint8_t scales_and_mins[12];  // 8 of each, 6 bits
    uint8_t nibbles[128];
};

struct BlockQ5_K {
    uint16_t scale;
    uint16_t min_scale;
    uint8_t scales_and_mins[12];
    uint8_t fifth_bits[32];  // bit i of byte j: weight 32 * i + j
    uint8_t nibbles[128];
};

// scale * scales[i] * (weight - 32), for runs of 16 weights.
struct BlockQ6_K {
    uint8_t nibbles[128];   // for each half of the block: weights l and l + 64 share byte l, l < 64
    uint8_t high_bits[64];  // for each half: weights l, l + 32, l + 64, l + 96 share byte l, l < 32
    int8_t scales[16];
    uint16_t scale;
};

}  // namespace dia
