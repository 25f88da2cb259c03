// Keys and values of attention, kept from one step to the next: a slot for each sequence, in which the positions of
// a head lie behind each other, and for each layer a tensor of them on that layer's device. Zero at first; on the
// processor its pages become real memory only as positions are written.
#pragma once

#include <ggml-cpp.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "backend/device.h"
#include "backend/tensor_context.h"
#include "support/memory_ledger.h"

namespace dia {

class KvCache {
public:
    // `layers` are the devices of the layers. F32, F16 or Q8_0; the blocks of a quantized type divide `head_dim`.
    // Throws DIA_STATUS_OUT_OF_MEMORY.
    KvCache(std::vector<Device> layers, int64_t n_heads, int64_t head_dim, int64_t capacity, int64_t n_slots,
            ggml_type type);

    int64_t capacity() const noexcept { return capacity_; }  // positions per slot, at least those asked for
    int64_t n_slots() const noexcept { return n_slots_; }

    // The positions to attend to on a device so that the first `n` are among them: a GPU takes them in whole steps,
    // so that a graph serves many lengths and flash attention finds its tiles full.
    static int64_t covering(Device device, int64_t n);

    // The capacity of a cache of these layers in which the first `n` positions have room.
    static int64_t covering(const std::vector<Device> & layers, int64_t n);

    // Bytes of layers of such a cache when every position is written. Throws DIA_STATUS_OUT_OF_MEMORY where none
    // can be so large.
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

    void place(Device device);

    // False if there is no memory.
    bool place_in_pages(size_t n_bytes);
    bool place_on(Device gpu, int64_t n_bytes);

    std::vector<Device> layers_;
    int64_t n_heads_;
    int64_t head_dim_;
    int64_t capacity_;
    int64_t n_slots_;
    ggml_type type_;
    std::unique_ptr<void, Free> memory_;  // of the processor
    ggml_backend_buffer_ptr pages_;       // over it
    ggml_backend_buffer_ptr gpu_buffer_;
    TensorContext context_;
    std::vector<ggml_tensor *> keys_;
    std::vector<ggml_tensor *> values_;
    LedgerEntry ledger_;
};

}  // namespace dia
