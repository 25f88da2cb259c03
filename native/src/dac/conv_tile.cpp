#include "dac/conv_tile.h"

namespace dia {

void conv_tile(const TileSteps & steps, const float * const * weights, const float * bias, const float * x,
               float * out) noexcept {
    FloatVector sums[kTileOutputs][kTileVectors];
    const float * rows[kTileOutputs];
    DIA_UNROLL
    for (int o = 0; o < kTileOutputs; ++o) {
        rows[o] = weights[o];
        DIA_UNROLL
        for (int v = 0; v < kTileVectors; ++v) {
            sums[o][v] = broadcast(bias[o]);
        }
    }

    for (int64_t a = 0; a < steps.n_outer; ++a) {
        const float * samples = x + a * steps.x_outer;
        const int64_t first = a * steps.weight_outer;
        for (int64_t b = first; b < first + steps.n_inner; ++b, samples += steps.x_inner) {
            FloatVector inputs[kTileVectors];
            DIA_UNROLL
            for (int v = 0; v < kTileVectors; ++v) {
                inputs[v] = load(samples + v * kLanes);
            }
            DIA_UNROLL
            for (int o = 0; o < kTileOutputs; ++o) {
                const FloatVector weight = broadcast(rows[o][b]);
                DIA_UNROLL
                for (int v = 0; v < kTileVectors; ++v) {
                    sums[o][v] = weight * inputs[v] + sums[o][v];
                }
            }
        }
    }

    DIA_UNROLL
    for (int o = 0; o < kTileOutputs; ++o) {
        DIA_UNROLL
        for (int v = 0; v < kTileVectors; ++v) {
            store(out + o * kTileSamples + v * kLanes, sums[o][v]);
        }
    }
}

}  // namespace dia
