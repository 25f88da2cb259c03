#include "model/kv_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "support/checked_math.h"
#include "support/error.h"

namespace dia {

namespace {

constexpr size_t kAlignment = 64;

// Bytes of one tensor, rounded up to the alignment; nothing if they do not fit into an address space.
std::optional<uint64_t> tensor_bytes(int64_t n_heads, int64_t head_dim, int64_t capacity, int64_t n_slots,
                                     ggml_type type) {
    std::optional<uint64_t> bytes = ggml_row_size(type, head_dim);
    for (const int64_t factor : {n_heads, capacity, n_slots}) {
        bytes = bytes ? checked_mul(*bytes, static_cast<uint64_t>(factor)) : bytes;
    }
    bytes = bytes ? checked_add(*bytes, kAlignment - 1) : bytes;
    return bytes ? std::optional<uint64_t>(*bytes / kAlignment * kAlignment) : bytes;
}

[[noreturn]] void fail_for_memory(int64_t n_layers, int64_t n_heads, int64_t capacity, int64_t n_slots,
                                  ggml_type type) {
    fail(DIA_STATUS_OUT_OF_MEMORY,
         "no memory for a cache of %lld layers, %lld sequences, %lld positions of %lld heads in %s",
         static_cast<long long>(n_layers), static_cast<long long>(n_slots), static_cast<long long>(capacity),
         static_cast<long long>(n_heads), ggml_type_name(type));
}

// Where the positions of a head begin.
char * head_of(const ggml_tensor * tensor, int64_t head, int64_t slot) {
    return static_cast<char *>(tensor->data) + static_cast<size_t>(head) * tensor->nb[2] +
           static_cast<size_t>(slot) * tensor->nb[3];
}

ggml_tensor * view_of(ggml_context * ctx, ggml_tensor * tensor, int64_t n_positions, int64_t first_slot,
                      int64_t count) {
    return ggml_view_4d(ctx, tensor, tensor->ne[0], n_positions, tensor->ne[2], count, tensor->nb[1], tensor->nb[2],
                        tensor->nb[3], static_cast<size_t>(first_slot) * tensor->nb[3]);
}

}  // namespace

int64_t KvCache::n_bytes(int64_t n_layers, int64_t n_heads, int64_t head_dim, int64_t capacity, int64_t n_slots,
                         ggml_type type) {
    const std::optional<uint64_t> each = tensor_bytes(n_heads, head_dim, capacity, n_slots, type);
    std::optional<uint64_t> total = each ? checked_mul(*each, 2 * static_cast<uint64_t>(n_layers)) : each;
    total = total ? checked_add(*total, kAlignment) : total;
    if (!total || *total > PTRDIFF_MAX) {
        fail_for_memory(n_layers, n_heads, capacity, n_slots, type);
    }
    return static_cast<int64_t>(*total);
}

KvCache::KvCache(int64_t n_layers, int64_t n_heads, int64_t head_dim, int64_t capacity, int64_t n_slots,
                 ggml_type type)
    : n_heads_(n_heads), head_dim_(head_dim), capacity_(capacity), n_slots_(n_slots), type_(type) {
    const auto total = static_cast<size_t>(n_bytes(n_layers, n_heads, head_dim, capacity, n_slots, type));
    memory_.reset(std::calloc(1, total));  // pages that are never written cost nothing
    if (!memory_) {
        fail_for_memory(n_layers, n_heads, capacity, n_slots, type);
    }
    void * aligned = memory_.get();
    size_t space = total;
    std::align(kAlignment, total - kAlignment, aligned, space);
    buffer_.reset(ggml_backend_cpu_buffer_from_ptr(aligned, total - kAlignment));

    const ggml_init_params params = {2 * static_cast<size_t>(n_layers) * ggml_tensor_overhead(), nullptr, true};
    context_.reset(ggml_init(params));
    if (!buffer_ || !context_) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "no memory for the tensors of a cache of %lld layers",
             static_cast<long long>(n_layers));
    }
    char * address = static_cast<char *>(aligned);
    const auto place = [&] {
        ggml_tensor * tensor = ggml_new_tensor_4d(context_.get(), type, head_dim, capacity, n_heads, n_slots);
        ggml_backend_tensor_alloc(buffer_.get(), tensor, address);
        address += *tensor_bytes(n_heads, head_dim, capacity, n_slots, type);
        return tensor;
    };
    for (int64_t i = 0; i < n_layers; ++i) {
        keys_.push_back(place());
        values_.push_back(place());
    }
    ledger_.resize(total + params.mem_size);
}

ggml_tensor * KvCache::keys_view(ggml_context * ctx, size_t layer, int64_t n_positions, int64_t first_slot,
                                 int64_t count) const {
    return view_of(ctx, keys_[layer], n_positions, first_slot, count);
}

ggml_tensor * KvCache::values_view(ggml_context * ctx, size_t layer, int64_t n_positions, int64_t first_slot,
                                   int64_t count) const {
    return view_of(ctx, values_[layer], n_positions, first_slot, count);
}

void KvCache::clear() {
    std::memset(ggml_backend_buffer_get_base(buffer_.get()), 0, ggml_backend_buffer_get_size(buffer_.get()));
}

void KvCache::swap_slots(int64_t a, int64_t b, int64_t n_positions) {
    for (const std::vector<ggml_tensor *> * tensors : {&keys_, &values_}) {
        for (const ggml_tensor * tensor : *tensors) {
            const size_t bytes = static_cast<size_t>(n_positions) * tensor->nb[1];
            for (int64_t head = 0; head < n_heads_; ++head) {
                char * positions = head_of(tensor, head, a);
                std::swap_ranges(positions, positions + bytes, head_of(tensor, head, b));
            }
        }
    }
}

void KvCache::grow(int64_t capacity, int64_t n_positions) {
    KvCache larger(static_cast<int64_t>(keys_.size()), n_heads_, head_dim_, capacity, n_slots_, type_);
    const auto copy = [&](const ggml_tensor * from, const ggml_tensor * to) {
        const size_t bytes = static_cast<size_t>(n_positions) * from->nb[1];
        for (int64_t slot = 0; slot < n_slots_; ++slot) {
            for (int64_t head = 0; head < n_heads_; ++head) {
                std::memcpy(head_of(to, head, slot), head_of(from, head, slot), bytes);
            }
        }
    };
    for (size_t layer = 0; layer < keys_.size(); ++layer) {
        copy(keys_[layer], larger.keys_[layer]);
        copy(values_[layer], larger.values_[layer]);
    }
    *this = std::move(larger);
}

}  // namespace dia
