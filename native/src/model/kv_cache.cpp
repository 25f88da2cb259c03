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
std::optional<uint64_t> tensor_bytes(int64_t width, int64_t capacity, int64_t n_slots, ggml_type type) {
    std::optional<uint64_t> bytes = ggml_type_size(type);
    for (const int64_t factor : {width, capacity, n_slots}) {
        bytes = bytes ? checked_mul(*bytes, static_cast<uint64_t>(factor)) : bytes;
    }
    bytes = bytes ? checked_add(*bytes, kAlignment - 1) : bytes;
    return bytes ? std::optional<uint64_t>(*bytes / kAlignment * kAlignment) : bytes;
}

char * row_of(const ggml_tensor * tensor, int64_t row, int64_t slot) {
    return static_cast<char *>(tensor->data) + static_cast<size_t>(row) * tensor->nb[1] +
           static_cast<size_t>(slot) * tensor->nb[2];
}

}  // namespace

KvCache::KvCache(int64_t n_layers, int64_t width, int64_t capacity, int64_t n_slots, ggml_type type)
    : width_(width), capacity_(capacity), n_slots_(n_slots), type_(type) {
    const std::optional<uint64_t> each = tensor_bytes(width, capacity, n_slots, type);
    std::optional<uint64_t> total = each ? checked_mul(*each, 2 * static_cast<uint64_t>(n_layers)) : each;
    total = total ? checked_add(*total, kAlignment) : total;
    if (total && *total <= PTRDIFF_MAX) {
        memory_.reset(std::calloc(1, *total));  // pages that are never written cost nothing
    }
    if (!memory_) {
        fail(DIA_STATUS_OUT_OF_MEMORY,
             "no memory for a cache of %lld layers, %lld sequences, %lld positions of width %lld in %s",
             static_cast<long long>(n_layers), static_cast<long long>(n_slots), static_cast<long long>(capacity),
             static_cast<long long>(width), ggml_type_name(type));
    }
    void * aligned = memory_.get();
    size_t space = *total;
    std::align(kAlignment, *total - kAlignment, aligned, space);
    buffer_.reset(ggml_backend_cpu_buffer_from_ptr(aligned, *total - kAlignment));

    const ggml_init_params params = {2 * static_cast<size_t>(n_layers) * ggml_tensor_overhead(), nullptr, true};
    context_.reset(ggml_init(params));
    if (!buffer_ || !context_) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "no memory for the tensors of a cache of %lld layers",
             static_cast<long long>(n_layers));
    }
    char * address = static_cast<char *>(aligned);
    const auto place = [&](int64_t ne0, int64_t ne1) {
        ggml_tensor * tensor = ggml_new_tensor_3d(context_.get(), type, ne0, ne1, n_slots);
        ggml_backend_tensor_alloc(buffer_.get(), tensor, address);
        address += *each;
        return tensor;
    };
    for (int64_t i = 0; i < n_layers; ++i) {
        keys_.push_back(place(width, capacity));
        values_.push_back(place(capacity, width));
    }
    ledger_.resize(*total + params.mem_size);
}

ggml_tensor * KvCache::keys_view(ggml_context * ctx, size_t layer, int64_t head_dim, int64_t n_positions,
                                 int64_t first_slot, int64_t count) const {
    ggml_tensor * k = keys_[layer];
    return ggml_view_4d(ctx, k, head_dim, n_positions, width_ / head_dim, count, k->nb[1],
                        static_cast<size_t>(head_dim) * k->nb[0], k->nb[2],
                        static_cast<size_t>(first_slot) * k->nb[2]);
}

ggml_tensor * KvCache::values_view(ggml_context * ctx, size_t layer, int64_t head_dim, int64_t n_positions,
                                   int64_t first_slot, int64_t count) const {
    ggml_tensor * v = values_[layer];
    return ggml_view_4d(ctx, v, n_positions, head_dim, width_ / head_dim, count, v->nb[1],
                        static_cast<size_t>(head_dim) * v->nb[1], v->nb[2],
                        static_cast<size_t>(first_slot) * v->nb[2]);
}

void KvCache::clear() {
    std::memset(ggml_backend_buffer_get_base(buffer_.get()), 0, ggml_backend_buffer_get_size(buffer_.get()));
}

void KvCache::swap_slots(int64_t a, int64_t b, int64_t n_positions) {
    const size_t value_bytes = static_cast<size_t>(n_positions) * ggml_type_size(type_);
    for (size_t layer = 0; layer < keys_.size(); ++layer) {
        const size_t key_bytes = static_cast<size_t>(n_positions) * keys_[layer]->nb[1];
        char * key = row_of(keys_[layer], 0, a);
        std::swap_ranges(key, key + key_bytes, row_of(keys_[layer], 0, b));
        for (int64_t row = 0; row < width_; ++row) {
            char * value = row_of(values_[layer], row, a);
            std::swap_ranges(value, value + value_bytes, row_of(values_[layer], row, b));
        }
    }
}

void KvCache::grow(int64_t capacity, int64_t n_positions) {
    KvCache larger(static_cast<int64_t>(keys_.size()), width_, capacity, n_slots_, type_);
    const size_t value_bytes = static_cast<size_t>(n_positions) * ggml_type_size(type_);
    for (size_t layer = 0; layer < keys_.size(); ++layer) {
        const size_t key_bytes = static_cast<size_t>(n_positions) * keys_[layer]->nb[1];
        for (int64_t slot = 0; slot < n_slots_; ++slot) {
            std::memcpy(row_of(larger.keys_[layer], 0, slot), row_of(keys_[layer], 0, slot), key_bytes);
            for (int64_t row = 0; row < width_; ++row) {
                std::memcpy(row_of(larger.values_[layer], row, slot), row_of(values_[layer], row, slot),
                            value_bytes);
            }
        }
    }
    *this = std::move(larger);
}

}  // namespace dia
