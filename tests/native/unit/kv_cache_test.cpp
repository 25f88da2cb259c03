#include "model/kv_cache.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "expect_error.h"
#include "support/memory_ledger.h"

namespace dia {
namespace {

constexpr int64_t kHeads = 2;
constexpr int64_t kHeadDim = 3;
constexpr int64_t kWidth = kHeads * kHeadDim;
constexpr int64_t kSlots = 3;

// What the cache holds at an element: a number that names it.
float name_of(int64_t layer, int64_t slot, int64_t position, int64_t element) {
    return static_cast<float>(((layer * 10 + slot) * 100 + position) * 10 + element + 1);
}

float & at(const KvCache & cache, const ggml_tensor * tensor, int64_t slot, int64_t position, int64_t element) {
    const int64_t head = slot * kHeads + element / kHeadDim;
    return static_cast<float *>(tensor->data)[(head * cache.capacity() + position) * kHeadDim + element % kHeadDim];
}

float & key(const KvCache & cache, size_t layer, int64_t slot, int64_t position, int64_t element) {
    return at(cache, cache.keys(layer), slot, position, element);
}

float & value(const KvCache & cache, size_t layer, int64_t slot, int64_t position, int64_t element) {
    return at(cache, cache.values(layer), slot, position, element);
}

void write(const KvCache & cache, size_t layer, int64_t slot, int64_t n_positions) {
    for (int64_t position = 0; position < n_positions; ++position) {
        for (int64_t element = 0; element < kWidth; ++element) {
            key(cache, layer, slot, position, element) =
                name_of(static_cast<int64_t>(layer), slot, position, element);
            value(cache, layer, slot, position, element) =
                -name_of(static_cast<int64_t>(layer), slot, position, element);
        }
    }
}

// Expects what write() wrote for `source` at `slot`, and zeros beyond its positions.
void expect_content(const KvCache & cache, size_t layer, int64_t slot, int64_t source, int64_t n_positions) {
    for (int64_t position = 0; position < cache.capacity(); ++position) {
        for (int64_t element = 0; element < kWidth; ++element) {
            const float expected =
                position < n_positions ? name_of(static_cast<int64_t>(layer), source, position, element) : 0.0f;
            EXPECT_EQ(key(cache, layer, slot, position, element), expected)
                << "slot " << slot << ", position " << position;
            EXPECT_EQ(value(cache, layer, slot, position, element), -expected)
                << "slot " << slot << ", position " << position;
        }
    }
}

TEST(KvCache, begins_with_zeros) {
    const KvCache cache(std::vector<Device>(2), kHeads, kHeadDim, 8, kSlots, GGML_TYPE_F32);
    for (size_t layer = 0; layer < 2; ++layer) {
        for (int64_t slot = 0; slot < kSlots; ++slot) {
            expect_content(cache, layer, slot, 0, 0);
        }
    }
}

TEST(KvCache, forgets_all_positions) {
    KvCache cache(std::vector<Device>(2), kHeads, kHeadDim, 8, kSlots, GGML_TYPE_F32);
    write(cache, 1, 2, 8);
    cache.clear();
    expect_content(cache, 1, 2, 2, 0);
}

TEST(KvCache, swaps_two_slots) {
    KvCache cache(std::vector<Device>(2), kHeads, kHeadDim, 8, kSlots, GGML_TYPE_F32);
    for (size_t layer = 0; layer < 2; ++layer) {
        write(cache, layer, 0, 3);
        write(cache, layer, 1, 2);
        write(cache, layer, 2, 5);
    }
    cache.swap_slots(0, 2, 5);
    for (size_t layer = 0; layer < 2; ++layer) {
        expect_content(cache, layer, 0, 2, 5);
        expect_content(cache, layer, 1, 1, 2);
        expect_content(cache, layer, 2, 0, 3);
    }
}

TEST(KvCache, keeps_its_content_when_it_grows) {
    KvCache cache(std::vector<Device>(2), kHeads, kHeadDim, 4, kSlots, GGML_TYPE_F32);
    write(cache, 0, 1, 4);
    write(cache, 1, 2, 3);
    cache.grow(9, 4);
    EXPECT_EQ(cache.capacity(), 9);
    EXPECT_EQ(cache.n_slots(), kSlots);
    expect_content(cache, 0, 1, 1, 4);
    expect_content(cache, 1, 2, 2, 3);
    expect_content(cache, 0, 0, 0, 0);
}

TEST(KvCache, views_positions_of_some_slots) {
    const KvCache cache(std::vector<Device>(2), kHeads, kHeadDim, 8, kSlots, GGML_TYPE_F32);
    write(cache, 1, 2, 5);
    const ggml_context_ptr context(ggml_init({4 * ggml_tensor_overhead(), nullptr, true}));
    const ggml_tensor * view = cache.values_view(context.get(), 1, 5, 1, 2);
    EXPECT_EQ(view->ne[0], kHeadDim);
    EXPECT_EQ(view->ne[1], 5);
    EXPECT_EQ(view->ne[2], kHeads);
    EXPECT_EQ(view->ne[3], 2);
    const char * data = static_cast<const char *>(view->data);
    float found = 0.0f;
    std::memcpy(&found, data + view->nb[3] + view->nb[2] + 4 * view->nb[1] + 2 * view->nb[0], sizeof found);
    EXPECT_EQ(found, -name_of(1, 2, 4, kHeadDim + 2));
}

TEST(KvCache, refuses_what_no_memory_holds) {
    testing::expect_error(DIA_STATUS_OUT_OF_MEMORY, {"18 layers", "f16"}, [] {
        KvCache(std::vector<Device>(18), 4, 128, int64_t{1} << 40, int64_t{1} << 20, GGML_TYPE_F16);
    });
}

TEST(KvCache, holds_quantized_positions_in_less_memory) {
    const auto bytes_of = [](ggml_type type) {
        const int64_t before = live_bytes();
        const KvCache cache(std::vector<Device>(2), kHeads, 32, 256, kSlots, type);
        return live_bytes() - before;
    };
    const int64_t values = 2 * 2 * kHeads * 32 * 256 * kSlots;
    EXPECT_NEAR(static_cast<double>(bytes_of(GGML_TYPE_F16)), static_cast<double>(values * 2), 4096.0);
    EXPECT_NEAR(static_cast<double>(bytes_of(GGML_TYPE_Q8_0)), static_cast<double>(values * 34 / 32), 4096.0);
}

TEST(KvCache, is_counted_until_it_is_destroyed) {
    const int64_t before = live_bytes();
    {
        KvCache cache(std::vector<Device>(2), kHeads, kHeadDim, 256, kSlots, GGML_TYPE_F16);
        EXPECT_GE(live_bytes() - before, 2 * 2 * kWidth * 256 * kSlots * 2);
        cache.grow(512, 256);
        EXPECT_GE(live_bytes() - before, 2 * 2 * kWidth * 512 * kSlots * 2);
    }
    EXPECT_EQ(live_bytes(), before);
}

}  // namespace
}  // namespace dia
