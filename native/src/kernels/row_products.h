// Rows of a weight times a few columns, each row read once for all of them: what a step of generation, which has
// two columns or a few more, spends its time on. ggml's own kernels read, and unpack, each row once per column.
//
// A product of a row and a column has the same bits whatever other rows and columns are computed with it.
#pragma once

#include <ggml.h>

#include <cstdint>

namespace dia {

// Whether the processor that this is compiled for has a kernel for weights of a type.
bool has_row_products(ggml_type type);

// Whether that kernel is faster than ggml's however many columns there are: where unpacking a row is most of the
// work, it pays to do it for several at a time.
bool has_faster_row_products(ggml_type type);

// Bytes of scratch that row_products needs for n columns of a weight.
size_t row_products_scratch(const ggml_tensor * weight, int64_t n_columns);

// The work of thread `thread` of `n_threads`.
// weight [width, rows], contiguous, in host memory; x F32 [width, n]; out F32 [rows, n], contiguous
void row_products(const ggml_tensor * weight, const ggml_tensor * x, ggml_tensor * out, void * scratch, int thread,
                  int n_threads) noexcept;

}  // namespace dia
