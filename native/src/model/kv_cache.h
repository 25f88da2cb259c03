// Keys and values of attention, kept from one step to the next: a slot for each sequence, in which the positions of
// a head lie behind each other. Zero at first, and its pages become real memory only as positions are written.
#pragma once

#include <ggml-cpp.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "support/memory_ledger.h"

namespace dia {

class KvCache {
public:
    // F32, F16 or Q8_0; the blocks of a quantized type divide `head_dim`. Throws DIA_STATUS_OUT_OF_MEMORY.
    KvCache(int64_t n_layers, int64_t n_heads, int64_t head_dim, int64_t capacity, int64_t n_slots, ggml_type type);

    int64_t capacity() const noexcept { return capacity_; }  // positions per slot
    int64_t n_slots() const noexcept { return n_slots_; }

    // Bytes of such a cache when every position is written. Throws DIA_STATUS_OUT_OF_MEMORY where none can be so
    // large.
    static int64_t n_bytes(int64_t n_layers, int64_t n_heads, int64_t head_dim, int64_t capacity, int64_t n_slots,
                           ggml_type type);

    // [head_dim, capacity, n_heads, n_slots]
    ggml_tensor * keys(size_t layer) const { return keys_[layer]; }
    ggml_tensor * values(size_t layer) const { return values_[layer]; }

    // The first `n_positions` of `count` slots from `first_slot` on: [head_dim, n_positions, n_heads, count].
    ggml_tensor * keys_view(ggml_context * ctx, size_t layer, int64_t n_positions, int64_t first_slot,
                            int64_t count) const;
    ggml_tensor * values_view(ggml_context * ctx, size_t layer, int64_t n_positions, int64_t first_slot,
                              int64_t count) const;

    // Forgets all positions. Every page becomes real memory.
    void clear();

    // Exchanges the first `n_positions` of two slots.
    void swap_slots(int64_t a, int64_t b, int64_t n_positions);

    // Makes room for more positions per slot, keeping the first `n_positions`. Tensors of before are gone.
    void grow(int64_t capacity, int64_t n_positions);

private:
    struct Free {
        void operator()(void * memory) const noexcept { std::free(memory); }
    };

    int64_t n_heads_;
    int64_t head_dim_;
    int64_t capacity_;
    int64_t n_slots_;
    ggml_type type_;
    std::unique_ptr<void, Free> memory_;
    ggml_backend_buffer_ptr buffer_;
    ggml_context_ptr context_;
    std::vector<ggml_tensor *> keys_;
    std::vector<ggml_tensor *> values_;
    LedgerEntry ledger_;
};

}  // namespace dia
