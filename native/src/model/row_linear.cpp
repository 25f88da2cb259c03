#include "model/row_linear.h"

#include <algorithm>
#include <cassert>

#include "backend/graph.h"
#include "kernels/row_products.h"
#include "support/error.h"

namespace dia {

ggml_tensor * RowLinear::multiply(ggml_context * ctx, ggml_tensor * weight, ggml_tensor * x) {
    assert(has_row_products(weight->type));
    wanted_ = std::max(wanted_, row_products_scratch(weight, x->ne[1]));
    ggml_tensor * arguments[] = {weight, x};
    return ggml_custom_4d(ctx, GGML_TYPE_F32, weight->ne[1], x->ne[1], 1, 1, arguments, 2, run, GGML_N_TASKS_MAX,
                          this);
}

void RowLinear::allocate() {
    if (wanted_ <= present_) {
        return;
    }
    scratch_.reset();
    present_ = 0;
    scratch_.reset(std::malloc(n_bytes()));
    if (!scratch_) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "no memory for %zu bytes of activations", n_bytes());
    }
    present_ = wanted_;
    ledger_.resize(n_bytes());
}

void RowLinear::run(ggml_tensor * out, int thread, int n_threads, void * self) {
    const auto & linear = *static_cast<const RowLinear *>(self);
    char * scratch = static_cast<char *>(linear.scratch_.get()) + static_cast<size_t>(thread) * linear.present_;
    row_products(out->src[0], out->src[1], out, scratch, thread, n_threads);
}

void allocate(Graph & graph, RowLinear * row_linear) {
    graph.allocate();
    if (row_linear != nullptr) {
        row_linear->allocate();
    }
}

}  // namespace dia
