// Attention on a GPU beside the processor, at lengths where its tiles are full and where they are not.
#include <cmath>
#include <numeric>

#include "backend/backend.h"
#include "backend/graph.h"
#include "comparison.h"
#include "device_fixture.h"
#include "model/layers.h"

namespace dia::testing {
namespace {

struct Shape {
    int64_t D, A, K, T, S, B;
};

std::string name_of(const Shape & shape) {
    std::string name;
    for (const int64_t n : {shape.D, shape.A, shape.K, shape.T, shape.S, shape.B}) {
        name += (name.empty() ? "" : " ") + std::to_string(n);
    }
    return name;
}

void fill(Graph & graph, ggml_tensor * tensor, int64_t step) {
    auto * values = graph.values_of<float>(tensor);
    for (int64_t i = 0; i < ggml_nelements(tensor); ++i) {
        values[i] = static_cast<float>((i * step) % 1009) / 1009.0f - 0.5f;
    }
}

// The keys and values are views of longer caches; the later queries see more than the earlier ones.
std::vector<float> attend(Device device, const Shape & shape, bool flash) {
    Graph graph(64, device);
    ggml_context * ctx = graph.context();
    ggml_tensor * q = graph.input(GGML_TYPE_F32, shape.D, shape.A, shape.T, shape.B);
    ggml_tensor * cache = graph.input(GGML_TYPE_F32, shape.D, shape.S + 64, shape.K, 2 * shape.B);
    ggml_tensor * mask = graph.input(GGML_TYPE_F16, shape.S, shape.T);
    const auto half = [&](int64_t first) {
        return ggml_view_4d(ctx, cache, shape.D, shape.S, shape.K, shape.B, cache->nb[1], cache->nb[2],
                            cache->nb[3], static_cast<size_t>(first) * cache->nb[3]);
    };
    ggml_tensor * k = half(0);
    ggml_tensor * v = half(shape.B);
    if (!flash) {
        k = ggml_cont(ctx, k);
    } else {
        k = ggml_cast(ctx, k, GGML_TYPE_F16);
        v = ggml_cast(ctx, v, GGML_TYPE_F16);
    }
    ggml_tensor * result = flash ? flash_attention(ctx, q, k, v, mask) : attention(ctx, q, k, v, mask).mixed;
    graph.add_output(result);
    graph.allocate();
    fill(graph, q, 37);
    fill(graph, cache, 101);
    auto * visible = graph.values_of<ggml_fp16_t>(mask);
    for (int64_t t = 0; t < shape.T; ++t) {
        for (int64_t s = 0; s < shape.S; ++s) {
            visible[t * shape.S + s] = s <= shape.S / 2 + t ? 0x0000 : 0xFC00;
        }
    }
    make_backend(device, 2)->compute(graph);
    return floats_of(result);
}

class AttentionDeviceTest : public DeviceTest {};

TEST_F(AttentionDeviceTest, agrees_with_the_processor) {
    for (const Shape & shape :
         {Shape{64, 4, 2, 1, 256, 1}, Shape{64, 4, 2, 1, 256, 2}, Shape{64, 4, 2, 1, 512, 2},
          Shape{64, 4, 4, 1, 512, 1}, Shape{64, 4, 2, 40, 256, 2}, Shape{64, 4, 2, 250, 256, 1},
          Shape{64, 4, 2, 250, 256, 2}, Shape{64, 4, 2, 30, 30, 1}, Shape{64, 4, 2, 240, 271, 1},
          Shape{128, 16, 4, 7, 256, 6}}) {
        for (const bool flash : {false, true}) {
            const Difference found = difference(attend(gpu(), shape, flash), attend(Device(), shape, flash));
            const double tolerance =
                flash ? 2e-3 : 5e-4;  // of values up to 0.5, which flash attention rounds to F16
            print_row("device", (flash ? "flash attention " : "attention ") + name_of(shape), found, tolerance);
            EXPECT_LE(found.max_abs, tolerance) << name_of(shape) << ", element " << found.worst_index;
        }
    }
}

}  // namespace
}  // namespace dia::testing
