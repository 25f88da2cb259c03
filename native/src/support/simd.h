// Vectors of float lanes, as wide as the instruction set that this file is compiled for. Every lane goes through
// the same operations, so a value does not depend on the lane, or on what is in the other lanes.
//
// For the kernels' own sources only: another file may be compiled for another instruction set, hence the internal
// linkage. GCC and Clang have such vectors as a language extension; elsewhere, or with DIA_PLAIN_VECTORS defined, a
// struct of an array stands in. Loads and stores need no alignment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace dia {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr int kVectorRegisters = 32;
#elif defined(__AVX__)
constexpr int kLanes = 8;
constexpr int kVectorRegisters = 16;
#elif defined(__aarch64__) || defined(_M_ARM64)
constexpr int kLanes = 4;
constexpr int kVectorRegisters = 32;
#else
constexpr int kLanes = 4;
constexpr int kVectorRegisters = 16;
#endif

#if defined(__clang__)
#define DIA_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define DIA_UNROLL _Pragma("GCC unroll 32")
#else
#define DIA_UNROLL
#endif

#if defined(__GNUC__) && !defined(DIA_PLAIN_VECTORS)

typedef float FloatVector __attribute__((vector_size(kLanes * sizeof(float))));
typedef uint32_t WordVector __attribute__((vector_size(kLanes * sizeof(uint32_t))));

// x - 0 is x for every x, so this is a plain broadcast.
static inline FloatVector broadcast(float value) {
    return value - FloatVector{};
}

static inline FloatVector max(FloatVector a, FloatVector b) {
    return a > b ? a : b;
}

// `odd` where the lowest bit of the representation of `bits` is set, `even` elsewhere.
static inline FloatVector select_by_lowest_bit(FloatVector bits, FloatVector even, FloatVector odd) {
    WordVector integers;
    std::memcpy(&integers, &bits, sizeof(integers));
    return (integers & 1) != 0 ? odd : even;
}

// value * 2^n, where n is the integer in the low bits of the representation of `bits`. Of no meaning unless the
// product is normal.
static inline FloatVector scale_by_low_bits(FloatVector value, FloatVector bits) {
    WordVector exponents;
    WordVector result;
    std::memcpy(&exponents, &bits, sizeof(exponents));
    std::memcpy(&result, &value, sizeof(result));
    result += exponents << 23;
    std::memcpy(&value, &result, sizeof(value));
    return value;
}

#else

struct FloatVector {
    float lanes[kLanes];
};

template <typename Operation>
static inline FloatVector map_lanes(const FloatVector & a, const FloatVector & b, Operation operation) {
    FloatVector result;
    for (int i = 0; i < kLanes; ++i) {
        result.lanes[i] = operation(a.lanes[i], b.lanes[i]);
    }
    return result;
}

static inline FloatVector operator+(const FloatVector & a, const FloatVector & b) {
    return map_lanes(a, b, [](float x, float y) { return x + y; });
}

static inline FloatVector operator-(const FloatVector & a, const FloatVector & b) {
    return map_lanes(a, b, [](float x, float y) { return x - y; });
}

static inline FloatVector operator*(const FloatVector & a, const FloatVector & b) {
    return map_lanes(a, b, [](float x, float y) { return x * y; });
}

static inline FloatVector max(const FloatVector & a, const FloatVector & b) {
    return map_lanes(a, b, [](float x, float y) { return x > y ? x : y; });
}

static inline FloatVector broadcast(float value) {
    FloatVector result;
    for (float & lane : result.lanes) {
        lane = value;
    }
    return result;
}

static inline FloatVector select_by_lowest_bit(const FloatVector & bits, const FloatVector & even,
                                               const FloatVector & odd) {
    FloatVector result;
    for (int i = 0; i < kLanes; ++i) {
        uint32_t integer;
        std::memcpy(&integer, &bits.lanes[i], sizeof(integer));
        result.lanes[i] = (integer & 1) != 0 ? odd.lanes[i] : even.lanes[i];
    }
    return result;
}

static inline FloatVector scale_by_low_bits(FloatVector value, const FloatVector & bits) {
    for (int i = 0; i < kLanes; ++i) {
        uint32_t exponent;
        uint32_t result;
        std::memcpy(&exponent, &bits.lanes[i], sizeof(exponent));
        std::memcpy(&result, &value.lanes[i], sizeof(result));
        result += exponent << 23;
        std::memcpy(&value.lanes[i], &result, sizeof(result));
    }
    return value;
}

#endif

static inline FloatVector load(const float * from) {
    FloatVector vector;
    std::memcpy(&vector, from, sizeof(vector));
    return vector;
}

static inline void store(float * to, const FloatVector & vector) {
    std::memcpy(to, &vector, sizeof(vector));
}

// Asks for memory that is read soon. Any address will do.
static inline void prefetch(const char * from, int64_t n_bytes) {
#if defined(__GNUC__)
    for (int64_t i = 0; i < n_bytes; i += 64) {
        __builtin_prefetch(from + i);
    }
#else
    (void)from;
    (void)n_bytes;
#endif
}

// largest_lane(vector): of no meaning if a lane is not a number.
// sums_of_lanes(vectors): lane i is the sum of the lanes of vectors[i], the lower half added to the upper one and
// so on down to one lane.
#if defined(__GNUC__) && !defined(DIA_PLAIN_VECTORS)

template <size_t kBy, size_t... kOut>
static inline FloatVector rotated(FloatVector vector, std::index_sequence<kOut...>) {
    return __builtin_shufflevector(vector, vector, ((kOut + kBy) % kLanes)...);
}

template <size_t kHalf = kLanes / 2>
static inline float largest_lane(FloatVector vector) {
    const FloatVector larger = max(vector, rotated<kHalf>(vector, std::make_index_sequence<kLanes>()));
    if constexpr (kHalf == 1) {
        return larger[0];
    } else {
        return largest_lane<kHalf / 2>(larger);
    }
}

// Adds the halves of every segment of lanes, those of a first.
template <size_t kSegment, size_t... kOut>
static inline FloatVector fold(FloatVector a, FloatVector b, std::index_sequence<kOut...>) {
    constexpr size_t kHalf = kSegment / 2;
    return __builtin_shufflevector(a, b, (kOut / kHalf * kSegment + kOut % kHalf)...) +
           __builtin_shufflevector(a, b, (kOut / kHalf * kSegment + kOut % kHalf + kHalf)...);
}

// A segment of lanes for each vector, whose sum is that of the vector.
template <size_t kCount>
static inline FloatVector folded(const FloatVector * vectors) {
    if constexpr (kCount == 1) {
        return vectors[0];
    } else {
        return fold<2 * kLanes / kCount>(folded<kCount / 2>(vectors), folded<kCount / 2>(vectors + kCount / 2),
                                         std::make_index_sequence<kLanes>());
    }
}

static inline FloatVector sums_of_lanes(const FloatVector * vectors) {
    return folded<kLanes>(vectors);
}

#else

static inline float largest_lane(const FloatVector & vector) {
    float lanes[kLanes];
    store(lanes, vector);
    float largest = lanes[0];
    for (int i = 1; i < kLanes; ++i) {
        largest = lanes[i] > largest ? lanes[i] : largest;
    }
    return largest;
}

static inline FloatVector sums_of_lanes(const FloatVector * vectors) {
    FloatVector result;
    for (int i = 0; i < kLanes; ++i) {
        FloatVector rest = vectors[i];
        for (int width = kLanes / 2; width > 0; width /= 2) {
            for (int lane = 0; lane < width; ++lane) {
                rest.lanes[lane] += rest.lanes[lane + width];
            }
        }
        result.lanes[i] = rest.lanes[0];
    }
    return result;
}

#endif

}  // namespace dia
