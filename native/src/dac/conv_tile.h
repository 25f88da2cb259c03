// The inner loop of every convolution: a tile of kTileOutputs channels by up to kTileSamples samples, held in
// registers while the products of all inputs are added to it.
//
//     y[o][t] = bias[o] + sum over a < n_outer, b < n_inner of
//               weights[o][a * weight_outer + b] * x[a * x_outer + b * x_inner + t]
//
// The order of the additions is the same for every output, and every lane of a vector is computed, so a sample has
// the same bits wherever it lies in a tile, and however wide that is.
#pragma once

#include <cstdint>

#include "support/simd.h"

namespace dia {

// Accumulators, samples and one weight fill the vector registers.
constexpr int kTileOutputs = kVectorRegisters == 32 ? 8 : 6;
constexpr int kTileVectors = kVectorRegisters == 32 ? 3 : 2;
constexpr int kTileSamples = kTileVectors * kLanes;

// How the sum walks through weights and samples, in floats.
struct TileSteps {
    int64_t n_outer = 0;
    int64_t n_inner = 0;
    int64_t weight_outer = 0;
    int64_t x_outer = 0;
    int64_t x_inner = 0;
};

// Where the samples of a tile go.
struct TileOutput {
    float * y = nullptr;               // a channel every `pitch` floats
    const float * residual = nullptr;  // added to them unless null, laid out as y, and possibly y itself
    int64_t pitch = 0;
};

// Computes `n_vectors` (1 to kTileVectors) vectors of samples. `weights` and `bias` have kTileOutputs entries.
void conv_tile(const TileSteps & steps, const float * const * weights, const float * bias, const float * x,
               int64_t n_vectors, const TileOutput & output) noexcept;

}  // namespace dia
