// Numbers of fewer bits as vectors of floats, exactly. For the kernels' own sources only, like support/simd.h.
#pragma once

#include <ggml-cpu.h>

#include "support/simd.h"

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace dia {

struct Half {
    ggml_fp16_t bits;
};

template <typename Register>
static inline FloatVector vector_of(const Register & lanes) {
    static_assert(sizeof(Register) == sizeof(FloatVector), "a register of the width of FloatVector");
    FloatVector vector;
    std::memcpy(&vector, &lanes, sizeof(vector));
    return vector;
}

static inline FloatVector widen(const float * from) {
    return load(from);
}

#if defined(__AVX512F__)

static inline FloatVector widen(const Half * from) {
    return vector_of(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(from))));
}
static inline FloatVector widen(const int8_t * from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from));
    return vector_of(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes)));
}

#elif defined(__AVX2__)

static inline FloatVector widen(const Half * from) {
    return vector_of(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from))));
}
static inline FloatVector widen(const int8_t * from) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(from));
    return vector_of(_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)));
}

#elif defined(__aarch64__)

static inline FloatVector widen(const Half * from) {
    return vector_of(vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(&from->bits))));
}
static inline FloatVector widen(const int8_t * from) {
    int32_t bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    const int16x8_t shorts = vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(bytes)));
    return vector_of(vcvtq_f32_s32(vmovl_s16(vget_low_s16(shorts))));
}

#else

static inline FloatVector widen(const Half * from) {
    float lanes[kLanes];
    ggml_cpu_fp16_to_fp32(&from->bits, lanes, kLanes);
    return load(lanes);
}
static inline FloatVector widen(const int8_t * from) {
    float lanes[kLanes];
    for (int i = 0; i < kLanes; ++i) {
        lanes[i] = static_cast<float>(from[i]);
    }
    return load(lanes);
}

#endif

}  // namespace dia
