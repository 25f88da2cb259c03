// Attention of a step: one new position of each sequence looks at all that its cache holds. One custom operator of
// the CPU takes the place of two products and a softmax between them: keys and values are read once for all the
// query heads that share them, at the length of each sequence, so that the graph is the same for every position.
//
// D head width, A query heads, K key and value heads, B sequences, S positions that the caches hold at most. Shapes
// in ggml order, fastest first.
#pragma once

#include <ggml.h>

namespace dia {

// softmax(q k) v over the first lengths[b] positions of each sequence, at least one, in F32. The scores are not
// scaled. Query head a looks at key head a / (A / K). A sequence's result is the same bits whatever the other
// sequences are and whatever the number of threads.
// q F32 [D, A, 1, B], heads contiguous; k, v F32, F16 or Q8_0 [D, S, K, B], a head's rows behind each other;
// lengths I32 [B]; returns F32 [D * A, B]
ggml_tensor * step_attention(ggml_context * ctx, ggml_tensor * q, ggml_tensor * k, ggml_tensor * v,
                             ggml_tensor * lengths);

}  // namespace dia
