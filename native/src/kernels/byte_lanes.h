// Vectors of bytes, their dot products, and the floats that these are summed in: what the products of quantized
// weights are made of. A block of 32 bytes is the unit. Defined where the instruction set has what it takes (AVX2,
// with or without VNNI; NEON with dot product), and DIA_HAS_BYTE_LANES is defined with it.
//
// For the kernels' own sources only, like support/simd.h.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#define DIA_HAS_BYTE_LANES
#include <immintrin.h>
#elif defined(__ARM_FEATURE_DOTPROD)
#define DIA_HAS_BYTE_LANES
#include <arm_neon.h>
#endif

#if defined(DIA_HAS_BYTE_LANES)

namespace dia {

#if defined(__AVX2__)

using Bytes = __m256i;   // 32 bytes
using Ints = __m256i;    // 8 sums of 4 products each
using Sums = __m256;     // 8 floats
using Shorts = __m256i;  // 16 numbers of 16 bits

#if defined(__AVX512VNNI__) && defined(__AVX512VL__)
#define DIA_HAS_VNNI
static inline Ints dot_vnni(Ints sums, Bytes u, Bytes s) {
    return _mm256_dpbusd_epi32(sums, u, s);
}
static inline Ints dot_vnni_shorts(Ints sums, Shorts a, Shorts b) {
    return _mm256_dpwssd_epi32(sums, a, b);
}
#elif defined(__AVXVNNI__)
#define DIA_HAS_VNNI
static inline Ints dot_vnni(Ints sums, Bytes u, Bytes s) {
    return _mm256_dpbusd_avx_epi32(sums, u, s);
}
static inline Ints dot_vnni_shorts(Ints sums, Shorts a, Shorts b) {
    return _mm256_dpwssd_avx_epi32(sums, a, b);
}
#endif

static inline void prefetch(const void * address) {
    _mm_prefetch(static_cast<const char *>(address), _MM_HINT_T0);
}

static inline Bytes load_bytes(const void * from) {
    return _mm256_loadu_si256(static_cast<const __m256i *>(from));
}

// 16 bytes as 32 numbers of 4 bits: the low halves, then the high ones.
static inline Bytes load_nibbles(const void * from) {
    const __m128i bytes = _mm_loadu_si128(static_cast<const __m128i *>(from));
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(bytes), _mm_srli_epi16(bytes, 4), 1);
    return _mm256_and_si256(both, _mm256_set1_epi8(15));
}

static inline Bytes bytes_of(int8_t value) {
    return _mm256_set1_epi8(value);
}
static inline Bytes subtract(Bytes a, Bytes b) {
    return _mm256_sub_epi8(a, b);
}
static inline Bytes bit_and(Bytes a, Bytes b) {
    return _mm256_and_si256(a, b);
}
static inline Bytes bit_or(Bytes a, Bytes b) {
    return _mm256_or_si256(a, b);
}

// Shifts that move bits across bytes, which the caller masks.
template <int n>
static inline Bytes shift_right(Bytes a) {
    return _mm256_srli_epi16(a, n);
}
template <int n>
static inline Bytes shift_left(Bytes a) {
    return _mm256_slli_epi16(a, n);
}

// 0xF0 in byte i where bit i is 0, else 0.
static inline Bytes clear_bits_as_f0(uint32_t bits) {
    const __m256i byte_of =
        _mm256_setr_epi64x(0x0000000000000000, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int32_t>(bits)), byte_of);
    const __m256i bit_of = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201));
    const __m256i clear = _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit_of), _mm256_setzero_si256());
    return _mm256_and_si256(clear, _mm256_set1_epi8(static_cast<char>(0xF0)));
}

// table[index] for 16 entries.
static inline Bytes look_up(const int8_t * table, Bytes index) {
    const __m128i entries = _mm_loadu_si128(reinterpret_cast<const __m128i *>(table));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(entries), index);
}

static inline Ints zero_ints() {
    return _mm256_setzero_si256();
}

// Signed weights, made ready to be multiplied with several columns.
#if defined(DIA_HAS_VNNI)
// The instruction takes unsigned bytes: 128 is added to each weight, and kSumFactor * (sum of the other operand) to
// every lane of a sum takes it away again.
constexpr int32_t kSumFactor = -16;
struct SignedWeights {
    Bytes shifted;
};
static inline SignedWeights ready(Bytes weights) {
    return {_mm256_xor_si256(weights, _mm256_set1_epi8(static_cast<char>(0x80)))};
}
static inline Ints dot(int32_t start, const SignedWeights & weights, Bytes y) {
    return dot_vnni(_mm256_set1_epi32(start), weights.shifted, y);
}
#else
constexpr int32_t kSumFactor = 0;
struct SignedWeights {
    Bytes weights;
    Bytes magnitudes;
};
static inline SignedWeights ready(Bytes weights) {
    return {weights, _mm256_sign_epi8(weights, weights)};
}
static inline Ints dot(int32_t, const SignedWeights & weights, Bytes y) {
    const __m256i pairs = _mm256_maddubs_epi16(weights.magnitudes, _mm256_sign_epi8(y, weights.weights));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}
#endif

// Scales of 16 runs of weights, of which a vector of weights has two: its halves'.
struct Scales {
    Shorts even_then_odd;
};

// 16 scales of 8 bits.
static inline Scales load_scales(const int8_t * scales) {
    const __m128i order = _mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(scales));
    return {_mm256_cvtepi8_epi16(_mm_shuffle_epi8(bytes, order))};
}

// 8 unsigned scales of 8 bits, each for both halves of a vector.
static inline Scales load_shared_scales(const uint8_t * scales) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(scales));
    return {_mm256_broadcastsi128_si256(_mm_cvtepu8_epi16(bytes))};
}

// sums + scales of vector `i` * (unsigned weights below 64) * y
template <int i>
static inline Ints add_scaled_dot(Ints sums, const Scales & scales, Bytes weights, Bytes y) {
#if defined(DIA_HAS_VNNI)
    const __m256i spread = _mm256_set1_epi32(static_cast<int32_t>(0x80800000u | (2 * i + 1) << 8 | 2 * i));
    const __m256i scale = _mm256_shuffle_epi8(scales.even_then_odd, spread);
    return dot_vnni_shorts(sums, dot_vnni(_mm256_setzero_si256(), weights, y), scale);
#else
    const __m256i spread = _mm256_set1_epi16(static_cast<int16_t>((2 * i + 1) << 8 | 2 * i));
    const __m256i scale = _mm256_shuffle_epi8(scales.even_then_odd, spread);
    return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(weights, y), scale));
#endif
}

// Products of 16 scales with the sums of y over their runs, in the order of Scales; summed by pairs.
static inline Ints dot_run_sums(const Scales & scales, const int16_t * run_sums) {
    return _mm256_madd_epi16(scales.even_then_odd, _mm256_loadu_si256(reinterpret_cast<const __m256i *>(run_sums)));
}

static inline Ints subtract_32_times(Ints a, Ints b) {
    return _mm256_sub_epi32(a, _mm256_slli_epi32(b, 5));
}

static inline Sums zero_sums() {
    return _mm256_setzero_ps();
}
static inline Sums sums_of(float value) {
    return _mm256_set1_ps(value);
}
static inline Sums sums_of_half(uint16_t half) {
    return _mm256_cvtph_ps(_mm_set1_epi16(static_cast<int16_t>(half)));
}
static inline Sums times(Sums a, Sums b) {
    return _mm256_mul_ps(a, b);
}
// a + b * c, and a - b * c
static inline Sums add_product(Sums a, Ints b, Sums c) {
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(b), c, a);
}
static inline Sums subtract_product(Sums a, Ints b, Sums c) {
    return _mm256_fnmadd_ps(_mm256_cvtepi32_ps(b), c, a);
}
static inline float total(Sums sums) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps(sums, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

// The largest magnitude of n floats, a multiple of 8; not a number if one of them is not.
static inline float largest_magnitude(const float * x, int n) {
    const __m256i mask = _mm256_set1_epi32(0x7FFFFFFF);
    __m256i largest = _mm256_setzero_si256();  // magnitudes compare like their representations
    for (int i = 0; i < n; i += 8) {
        largest = _mm256_max_epi32(largest, _mm256_and_si256(mask, _mm256_castps_si256(_mm256_loadu_ps(x + i))));
    }
    __m128i half = _mm_max_epi32(_mm256_castsi256_si128(largest), _mm256_extracti128_si256(largest, 1));
    half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0x4E));
    half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0xB1));
    return _mm_cvtss_f32(_mm_castsi128_ps(half));
}

// 32 floats times `factor`, rounded to bytes.
static inline void round_to_bytes(const float * x, float factor, int8_t * bytes) {
    __m256i rounded[4];
    for (int i = 0; i < 4; ++i) {
        rounded[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + 8 * i), _mm256_set1_ps(factor)));
    }
    const __m256i packed =
        _mm256_packs_epi16(_mm256_packs_epi32(rounded[0], rounded[1]), _mm256_packs_epi32(rounded[2], rounded[3]));
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(bytes), _mm256_permutevar8x32_epi32(packed, order));
}

// The sums of 16 signed bytes each.
struct HalfSums {
    int32_t low, high;
};
static inline HalfSums half_sums(const int8_t * bytes) {
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), load_bytes(bytes));
    __m256i sums = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    sums = _mm256_add_epi32(sums, _mm256_shuffle_epi32(sums, 0x4E));
    sums = _mm256_add_epi32(sums, _mm256_shuffle_epi32(sums, 0xB1));
    return {_mm256_cvtsi256_si32(sums), _mm256_extract_epi32(sums, 4)};
}

#else  // NEON with dot product

struct Bytes {
    int8x16_t low, high;
};
using Ints = int32x4_t;
using Sums = float32x4_t;

static inline void prefetch(const void * address) {
    __builtin_prefetch(address);
}

static inline Bytes load_bytes(const void * from) {
    const int8_t * bytes = static_cast<const int8_t *>(from);
    return {vld1q_s8(bytes), vld1q_s8(bytes + 16)};
}

static inline Bytes load_nibbles(const void * from) {
    const uint8x16_t bytes = vld1q_u8(static_cast<const uint8_t *>(from));
    return {vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15))), vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4))};
}

static inline Bytes bytes_of(int8_t value) {
    return {vdupq_n_s8(value), vdupq_n_s8(value)};
}
static inline Bytes subtract(Bytes a, Bytes b) {
    return {vsubq_s8(a.low, b.low), vsubq_s8(a.high, b.high)};
}
static inline Bytes bit_and(Bytes a, Bytes b) {
    return {vandq_s8(a.low, b.low), vandq_s8(a.high, b.high)};
}
static inline Bytes bit_or(Bytes a, Bytes b) {
    return {vorrq_s8(a.low, b.low), vorrq_s8(a.high, b.high)};
}

template <int n>
static inline int8x16_t shift_half_right(int8x16_t a) {
    if constexpr (n == 0) {
        return a;
    } else {
        return vreinterpretq_s8_u8(vshrq_n_u8(vreinterpretq_u8_s8(a), n));
    }
}
template <int n>
static inline Bytes shift_right(Bytes a) {
    return {shift_half_right<n>(a.low), shift_half_right<n>(a.high)};
}
template <int n>
static inline Bytes shift_left(Bytes a) {
    return {vshlq_n_s8(a.low, n), vshlq_n_s8(a.high, n)};
}

static inline int8x16_t clear_bits_as_f0_half(uint32_t bits) {
    const uint8x16_t bit_of = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t spread =
        vcombine_u8(vdup_n_u8(static_cast<uint8_t>(bits)), vdup_n_u8(static_cast<uint8_t>(bits >> 8)));
    return vreinterpretq_s8_u8(vandq_u8(vmvnq_u8(vtstq_u8(spread, bit_of)), vdupq_n_u8(0xF0)));
}
static inline Bytes clear_bits_as_f0(uint32_t bits) {
    return {clear_bits_as_f0_half(bits), clear_bits_as_f0_half(bits >> 16)};
}

static inline Bytes look_up(const int8_t * table, Bytes index) {
    const int8x16_t entries = vld1q_s8(table);
    return {vqtbl1q_s8(entries, vreinterpretq_u8_s8(index.low)),
            vqtbl1q_s8(entries, vreinterpretq_u8_s8(index.high))};
}

static inline Ints zero_ints() {
    return vdupq_n_s32(0);
}

constexpr int32_t kSumFactor = 0;
using SignedWeights = Bytes;
static inline SignedWeights ready(Bytes weights) {
    return weights;
}
static inline Ints dot(int32_t, const SignedWeights & weights, Bytes y) {
    return vdotq_s32(vdotq_s32(vdupq_n_s32(0), weights.low, y.low), weights.high, y.high);
}

struct Scales {
    int16x8_t even, odd;
};
static inline Scales load_scales(const int8_t * scales) {
    const int8x8x2_t split = vld2_s8(scales);
    return {vmovl_s8(split.val[0]), vmovl_s8(split.val[1])};
}
static inline Scales load_shared_scales(const uint8_t * scales) {
    const int16x8_t wide = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(scales)));
    return {wide, wide};
}
template <int i>
static inline Ints add_scaled_dot(Ints sums, const Scales & scales, Bytes weights, Bytes y) {
    const Ints low = vdotq_s32(vdupq_n_s32(0), weights.low, y.low);
    const Ints high = vdotq_s32(vdupq_n_s32(0), weights.high, y.high);
    sums = vmlaq_n_s32(sums, low, vgetq_lane_s16(scales.even, i));
    return vmlaq_n_s32(sums, high, vgetq_lane_s16(scales.odd, i));
}
static inline Ints dot_shorts(Ints sums, int16x8_t a, int16x8_t b) {
    return vmlal_high_s16(vmlal_s16(sums, vget_low_s16(a), vget_low_s16(b)), a, b);
}
static inline Ints dot_run_sums(const Scales & scales, const int16_t * run_sums) {
    return dot_shorts(dot_shorts(vdupq_n_s32(0), scales.even, vld1q_s16(run_sums)), scales.odd,
                      vld1q_s16(run_sums + 8));
}
static inline Ints subtract_32_times(Ints a, Ints b) {
    return vsubq_s32(a, vshlq_n_s32(b, 5));
}

static inline Sums zero_sums() {
    return vdupq_n_f32(0.0f);
}
static inline Sums sums_of(float value) {
    return vdupq_n_f32(value);
}
static inline Sums sums_of_half(uint16_t half) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(half)));
}
static inline Sums times(Sums a, Sums b) {
    return vmulq_f32(a, b);
}
static inline Sums add_product(Sums a, Ints b, Sums c) {
    return vfmaq_f32(a, vcvtq_f32_s32(b), c);
}
static inline Sums subtract_product(Sums a, Ints b, Sums c) {
    return vfmsq_f32(a, vcvtq_f32_s32(b), c);
}
static inline float total(Sums sums) {
    return vaddvq_f32(sums);
}

static inline float largest_magnitude(const float * x, int n) {
    uint32x4_t largest = vdupq_n_u32(0);
    for (int i = 0; i < n; i += 4) {
        largest = vmaxq_u32(largest, vreinterpretq_u32_f32(vabsq_f32(vld1q_f32(x + i))));
    }
    const uint32_t bits = vmaxvq_u32(largest);
    float result;
    std::memcpy(&result, &bits, sizeof(result));
    return result;
}

static inline void round_to_bytes(const float * x, float factor, int8_t * bytes) {
    for (int i = 0; i < 32; i += 8) {
        const int32x4_t a = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x + i), factor));
        const int32x4_t b = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x + i + 4), factor));
        vst1_s8(bytes + i, vqmovn_s16(vcombine_s16(vqmovn_s32(a), vqmovn_s32(b))));
    }
}

struct HalfSums {
    int32_t low, high;
};
static inline HalfSums half_sums(const int8_t * bytes) {
    return {vaddlvq_s8(vld1q_s8(bytes)), vaddlvq_s8(vld1q_s8(bytes + 16))};
}

#endif

}  // namespace dia

#endif  // DIA_HAS_BYTE_LANES
