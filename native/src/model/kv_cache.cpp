#include "model/kv_cache.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include "support/checked_math.h"
#include "support/error.h"

namespace dia {

namespace {

constexpr size_t kAlignment = 64;
constexpr int64_t kGpuStep = 256;  // positions

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
                                  ggml_type type, Device device) {
    fail(DIA_STATUS_OUT_OF_MEMORY,
         "no memory on %s for a cache of %lld layers, %lld sequences, %lld positions of %lld heads in %s",
         device.name(), static_cast<long long>(n_layers), static_cast<long long>(n_slots),
         static_cast<long long>(capacity), static_cast<long long>(n_heads), ggml_type_name(type));
}

// The GPU that has some of the layers, or the processor.
Device gpu_of(const std::vector<Device> & layers) {
    const auto gpu = std::find_if(layers.begin(), layers.end(), [](Device device) { return device.is_gpu(); });
    return gpu != layers.end() ? *gpu : Device();
}

// Where the positions of a head of the processor begin.
char * head_of(const ggml_tensor * tensor, int64_t head, int64_t slot) {
    return static_cast<char *>(tensor->data) + static_cast<size_t>(head) * tensor->nb[2] +
           static_cast<size_t>(slot) * tensor->nb[3];
}

// The first positions of every head of a slot, on their way from one slot to another.
class SlotCopy {
public:
    SlotCopy(const ggml_tensor * tensor, int64_t slot, int64_t n_positions)
        : row_bytes_(static_cast<size_t>(n_positions) * tensor->nb[1]),
          values_(row_bytes_ * static_cast<size_t>(tensor->ne[2])) {
        ggml_backend_tensor_get_2d(tensor, values_.data(), begin_of(tensor, slot), row_bytes_,
                                   static_cast<size_t>(tensor->ne[2]), tensor->nb[2], row_bytes_);
    }

    void write(ggml_tensor * tensor, int64_t slot) const {
        ggml_backend_tensor_set_2d(tensor, values_.data(), begin_of(tensor, slot), row_bytes_,
                                   static_cast<size_t>(tensor->ne[2]), tensor->nb[2], row_bytes_);
    }

private:
    static size_t begin_of(const ggml_tensor * tensor, int64_t slot) {
        return static_cast<size_t>(slot) * tensor->nb[3];
    }

    size_t row_bytes_;
    std::vector<char> values_;
};

ggml_tensor * view_of(ggml_context * ctx, ggml_tensor * tensor, int64_t n_positions, int64_t first_slot,
                      int64_t count) {
    return ggml_view_4d(ctx, tensor, tensor->ne[0], n_positions, tensor->ne[2], count, tensor->nb[1], tensor->nb[2],
                        tensor->nb[3], static_cast<size_t>(first_slot) * tensor->nb[3]);
}

}  // namespace

int64_t KvCache::covering(Device device, int64_t n) {
    return device.is_gpu() ? (n + kGpuStep - 1) / kGpuStep * kGpuStep : n;
}

int64_t KvCache::covering(const std::vector<Device> & layers, int64_t n) {
    return covering(gpu_of(layers), n);
}

int64_t KvCache::n_bytes(int64_t n_layers, int64_t n_heads, int64_t head_dim, int64_t capacity, int64_t n_slots,
                         ggml_type type) {
    const std::optional<uint64_t> each = tensor_bytes(n_heads, head_dim, capacity, n_slots, type);
    std::optional<uint64_t> total = each ? checked_mul(*each, 2 * static_cast<uint64_t>(n_layers)) : each;
    total = total ? checked_add(*total, kAlignment) : total;
    if (!total || *total > PTRDIFF_MAX) {
        fail_for_memory(n_layers, n_heads, capacity, n_slots, type, Device());
    }
    return static_cast<int64_t>(*total);
}

KvCache::KvCache(std::vector<Device> layers, int64_t n_heads, int64_t head_dim, int64_t capacity, int64_t n_slots,
                 ggml_type type)
    : layers_(std::move(layers)),
      n_heads_(n_heads),
      head_dim_(head_dim),
      capacity_(covering(layers_, capacity)),
      n_slots_(n_slots),
      type_(type),
      context_(TensorContext::of_tensors(2 * layers_.size())) {
    // Throws where sizes would overflow.
    n_bytes(static_cast<int64_t>(layers_.size()), n_heads, head_dim, capacity_, n_slots, type);
    const auto make = [&] {
        return ggml_new_tensor_4d(context_.get(), type, head_dim, capacity_, n_heads, n_slots);
    };
    for (size_t i = 0; i < layers_.size(); ++i) {
        keys_.push_back(make());
        values_.push_back(make());
    }
    place(Device());
    if (const Device gpu = gpu_of(layers_); gpu.is_gpu()) {
        place(gpu);
    }
}

// Gives the layers of a device their memory.
void KvCache::place(Device device) {
    const int64_t n_layers = std::count(layers_.begin(), layers_.end(), device);
    if (n_layers == 0) {
        return;
    }
    const int64_t total = n_bytes(n_layers, n_heads_, head_dim_, capacity_, n_slots_, type_);
    const bool placed = device.is_gpu() ? place_on(device, total) : place_in_pages(static_cast<size_t>(total));
    if (!placed) {
        fail_for_memory(n_layers, n_heads_, capacity_, n_slots_, type_, device);
    }
}

// Pages that are never written cost nothing.
bool KvCache::place_in_pages(size_t n_bytes) {
    memory_.reset(std::calloc(1, n_bytes));
    if (!memory_) {
        return false;
    }
    void * aligned = memory_.get();
    size_t space = n_bytes;
    std::align(kAlignment, n_bytes - kAlignment, aligned, space);
    pages_.reset(ggml_backend_cpu_buffer_from_ptr(aligned, n_bytes - kAlignment));
    if (!pages_) {
        return false;
    }
    char * address = static_cast<char *>(aligned);
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
        if (layers_[layer].is_gpu()) {
            continue;
        }
        for (ggml_tensor * tensor : {keys_[layer], values_[layer]}) {
            ggml_backend_tensor_alloc(pages_.get(), tensor, address);
            address += *tensor_bytes(n_heads_, head_dim_, capacity_, n_slots_, type_);
        }
    }
    ledger_.resize(n_bytes);
    return true;
}

// What has no memory yet gets it there.
bool KvCache::place_on(Device gpu, int64_t n_bytes) {
    if (n_bytes > gpu.free_memory()) {
        return false;
    }
    gpu_buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(context_.get(), gpu.buffer_type()));
    if (!gpu_buffer_) {
        return false;
    }
    ggml_backend_buffer_clear(gpu_buffer_.get(), 0);
    return true;
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
    for (const ggml_backend_buffer_ptr & buffer : {std::ref(pages_), std::ref(gpu_buffer_)}) {
        if (buffer) {
            ggml_backend_buffer_clear(buffer.get(), 0);
        }
    }
}

void KvCache::swap_slots(int64_t a, int64_t b, int64_t n_positions) {
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
        for (ggml_tensor * tensor : {keys_[layer], values_[layer]}) {
            if (layers_[layer].is_gpu()) {
                const SlotCopy first(tensor, a, n_positions);
                SlotCopy(tensor, b, n_positions).write(tensor, a);
                first.write(tensor, b);
                continue;
            }
            const size_t bytes = static_cast<size_t>(n_positions) * tensor->nb[1];
            for (int64_t head = 0; head < n_heads_; ++head) {
                char * positions = head_of(tensor, head, a);
                std::swap_ranges(positions, positions + bytes, head_of(tensor, head, b));
            }
        }
    }
}

void KvCache::grow(int64_t capacity, int64_t n_positions) {
    KvCache larger(layers_, n_heads_, head_dim_, capacity, n_slots_, type_);
    const auto copy = [&](const ggml_tensor * from, ggml_tensor * to) {
        for (int64_t slot = 0; slot < n_slots_; ++slot) {
            SlotCopy(from, slot, n_positions).write(to, slot);
        }
    };
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
        copy(keys_[layer], larger.keys_[layer]);
        copy(values_[layer], larger.values_[layer]);
    }
    *this = std::move(larger);
}

}  // namespace dia
