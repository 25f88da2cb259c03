// Vectors of float lanes, as wide as the instruction set that this file is compiled for. Every lane goes through
// the same operations, so a value does not depend on the lane, or on what is in the other lanes.
//
// For the kernels' own sources only: another file may be compiled for another instruction set, hence the internal
// linkage. GCC and Clang have such vectors as a language extension; elsewhere, or with DIA_PLAIN_VECTORS defined, a
// struct of an array stands in. Loads and stores need no alignment.
#pragma once

#include <cstdint>
#include <cstring>

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
typedef int32_t IntVector __attribute__((vector_size(kLanes * sizeof(int32_t))));

// x - 0 is x for every x, so this is a plain broadcast.
static inline FloatVector broadcast(float value) {
    return value - FloatVector{};
}

static inline FloatVector max(FloatVector a, FloatVector b) {
    return a > b ? a : b;
}

// `odd` where the lowest bit of the representation of `bits` is set, `even` elsewhere.
static inline FloatVector select_by_lowest_bit(FloatVector bits, FloatVector even, FloatVector odd) {
    IntVector integers;
    std::memcpy(&integers, &bits, sizeof(integers));
    return (integers & 1) != 0 ? odd : even;
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

#endif

static inline FloatVector load(const float * from) {
    FloatVector vector;
    std::memcpy(&vector, from, sizeof(vector));
    return vector;
}

static inline void store(float * to, const FloatVector & vector) {
    std::memcpy(to, &vector, sizeof(vector));
}

}  // namespace dia
