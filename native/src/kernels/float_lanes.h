// Weights that are numbers by themselves, widened to vectors of floats (support/widen.h). For the kernels' own
// sources only, and where byte_lanes.h is defined.
#pragma once

#include "kernels/byte_lanes.h"
#include "support/widen.h"

#if defined(DIA_HAS_BYTE_LANES)

namespace dia {

struct BrainFloat {
    uint16_t bits;
};

#if defined(__AVX512F__)

static inline FloatVector widen(const BrainFloat * from) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from));
    return vector_of(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

static inline FloatVector round_to_half(const FloatVector & values) {
    __m512 lanes;
    std::memcpy(&lanes, &values, sizeof(lanes));
    return vector_of(_mm512_cvtph_ps(_mm512_cvtps_ph(lanes, _MM_FROUND_TO_NEAREST_INT)));
}

#elif defined(__AVX2__)

static inline FloatVector widen(const BrainFloat * from) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from));
    return vector_of(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}

static inline FloatVector round_to_half(const FloatVector & values) {
    __m256 lanes;
    std::memcpy(&lanes, &values, sizeof(lanes));
    return vector_of(_mm256_cvtph_ps(_mm256_cvtps_ph(lanes, _MM_FROUND_TO_NEAREST_INT)));
}

#else  // NEON

static inline FloatVector widen(const BrainFloat * from) {
    return vector_of(vshll_n_u16(vld1_u16(&from->bits), 16));
}

static inline FloatVector round_to_half(const FloatVector & values) {
    float32x4_t lanes;
    std::memcpy(&lanes, &values, sizeof(lanes));
    return vector_of(vcvt_f32_f16(vcvt_f16_f32(lanes)));
}

#endif

// The first `n` values, and zeros.
template <typename Element>
static inline FloatVector widen_some(const Element * from, int64_t n) {
    Element padded[kLanes] = {};
    std::memcpy(padded, from, static_cast<size_t>(n) * sizeof(Element));
    return widen(padded);
}

// The sum of the lanes, halves added first.
static inline float lane_total(const FloatVector & vector) {
    float lanes[kLanes];
    store(lanes, vector);
    for (int n = kLanes / 2; n > 0; n /= 2) {
        for (int i = 0; i < n; ++i) {
            lanes[i] += lanes[i + n];
        }
    }
    return lanes[0];
}

}  // namespace dia

#endif  // DIA_HAS_BYTE_LANES
