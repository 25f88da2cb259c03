// A small model whose weights come from an integer hash, so that any language can make the same one: no file and no
// converter is needed.
#pragma once

#include <ggml.h>

#include <memory>

#include "model/model.h"

namespace dia::testing {

// Two layers of width 16 and 24; what tests/golden/hash-tiny/expected.json was computed with.
DiaHparams hash_tiny_hparams();

// Tensor t of the names of the checkpoint in ordinal order, element i in row-major order: with
//
//     h = (i + 0x9E3779B9 * (t + 1)) mod 2^32
//     h ^= h >> 16; h *= 0x85EBCA6B; h ^= h >> 13; h *= 0xC2B2AE35; h ^= h >> 16
//     u = (h >> 8) / 2^24 * 2 - 1
//
// a norm's weight is 1 + 0.25 u, any other `scale` * u. Matrices are stored as `type`, or as F16 where a row does
// not fill the blocks of that type.
std::shared_ptr<const Model> make_hash_model(const DiaHparams & hparams, ggml_type type = GGML_TYPE_F32,
                                             double scale = 0.35);

}  // namespace dia::testing
