#include "dac/conv_tile.h"

namespace dia {

namespace {

// The kernel of most convolutions of the codec. So short a loop costs much beside its products, unless it is
// unrolled.
constexpr int kUsualTaps = 7;

template <int kVectors>
using Sums = FloatVector[kTileOutputs][kVectors];

template <int kVectors>
inline void add_products(const float * const (&weights)[kTileOutputs], int64_t tap, const float * samples,
                         Sums<kVectors> & sums) {
    FloatVector inputs[kVectors];
    DIA_UNROLL
    for (int v = 0; v < kVectors; ++v) {
        inputs[v] = load(samples + v * kLanes);
    }
    DIA_UNROLL
    for (int o = 0; o < kTileOutputs; ++o) {
        const FloatVector weight = broadcast(weights[o][tap]);
        DIA_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            sums[o][v] = weight * inputs[v] + sums[o][v];
        }
    }
}

// kTaps is n_inner, or 0 if that is not known before run time.
template <int kVectors, int kTaps>
void compute(const TileSteps & steps, const float * const * weights, const float * bias, const float * x,
             const TileOutput & output) noexcept {
    Sums<kVectors> sums;
    const float * rows[kTileOutputs];
    DIA_UNROLL
    for (int o = 0; o < kTileOutputs; ++o) {
        rows[o] = weights[o];
        DIA_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            sums[o][v] = broadcast(bias[o]);
        }
    }

    for (int64_t a = 0; a < steps.n_outer; ++a) {
        const float * samples = x + a * steps.x_outer;
        if constexpr (kTaps > 0) {
            DIA_UNROLL
            for (int b = 0; b < kTaps; ++b) {
                add_products<kVectors>(rows, b, samples + b * steps.x_inner, sums);
            }
        } else {
            for (int64_t b = 0; b < steps.n_inner; ++b, samples += steps.x_inner) {
                add_products<kVectors>(rows, b, samples, sums);
            }
        }
        DIA_UNROLL
        for (int o = 0; o < kTileOutputs; ++o) {
            rows[o] += steps.weight_outer;
        }
    }

    DIA_UNROLL
    for (int o = 0; o < kTileOutputs; ++o) {
        DIA_UNROLL
        for (int v = 0; v < kVectors; ++v) {
            const int64_t at = o * output.pitch + v * kLanes;
            const FloatVector sum = sums[o][v];
            store(output.y + at, output.residual == nullptr ? sum : sum + load(output.residual + at));
        }
    }
}

template <int kVectors>
void compute(const TileSteps & steps, const float * const * weights, const float * bias, const float * x,
             const TileOutput & output) noexcept {
    if (steps.n_inner == kUsualTaps) {
        compute<kVectors, kUsualTaps>(steps, weights, bias, x, output);
    } else {
        compute<kVectors, 0>(steps, weights, bias, x, output);
    }
}

}  // namespace

void conv_tile(const TileSteps & steps, const float * const * weights, const float * bias, const float * x,
               int64_t n_vectors, const TileOutput & output) noexcept {
    static_assert(kTileVectors == 2 || kTileVectors == 3);
    if (n_vectors == kTileVectors) {
        compute<kTileVectors>(steps, weights, bias, x, output);
    } else if (n_vectors == kTileVectors - 1) {
        compute<kTileVectors - 1>(steps, weights, bias, x, output);
    } else {
        compute<1>(steps, weights, bias, x, output);
    }
}

}  // namespace dia
