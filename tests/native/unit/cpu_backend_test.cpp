#include "backend/cpu_backend.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "backend/cpu_topology.h"
#include "backend/graph.h"
#include "expect_error.h"
#include "support/memory_ledger.h"

namespace dia {
namespace {

TEST(CpuBackend, takes_the_physical_cores_by_default) {
    const int32_t logical = static_cast<int32_t>(std::thread::hardware_concurrency());
    EXPECT_GE(physical_core_count(), 1);
    EXPECT_LE(physical_core_count(), logical);
    EXPECT_EQ(resolve_thread_count(0), physical_core_count());
    EXPECT_EQ(resolve_thread_count(1), 1);
    EXPECT_EQ(resolve_thread_count(1 << 30), 4 * logical);
    EXPECT_EQ(CpuBackend(0).n_threads(), physical_core_count());
}

TEST(CpuBackend, starts_no_more_threads_than_a_model_keeps_busy) {
    EXPECT_EQ(resolve_thread_count(0, 0), 1);
    EXPECT_EQ(resolve_thread_count(0, 1'000'000), 1);
    EXPECT_EQ(resolve_thread_count(0, 1'611'160'576), physical_core_count());
    EXPECT_EQ(resolve_thread_count(2, 0), 2) << "a request is a request";
}

TEST(CpuBackend, computes_a_graph_again_with_new_inputs) {
    Graph graph(8);
    ggml_tensor * a = graph.input(GGML_TYPE_F32, 3);
    ggml_tensor * b = graph.input(GGML_TYPE_F32, 3);
    ggml_tensor * sum = ggml_add(graph.context(), a, b);
    graph.add_output(sum);
    graph.allocate();
    CpuBackend backend(2);
    for (float value : {1.0f, 5.0f}) {
        for (int i = 0; i < 3; ++i) {
            host_data<float>(a)[i] = value;
            host_data<float>(b)[i] = static_cast<float>(i);
        }
        backend.compute(graph.nodes());
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(host_data<float>(sum)[i], value + static_cast<float>(i));
        }
    }
}

TEST(CpuBackend, stops_when_cancelled_and_can_run_again) {
    Graph graph(8);
    ggml_tensor * a = graph.input(GGML_TYPE_F32, 1);
    ggml_tensor * doubled = ggml_scale(graph.context(), a, 2.0f);
    ggml_tensor * result = ggml_scale(graph.context(), doubled, 2.0f);
    graph.add_output(result);
    graph.allocate();
    *host_data<float>(a) = 3.0f;

    std::atomic<bool> cancelled{true};
    CpuBackend backend(2, unless(&cancelled));
    testing::expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, [&] { backend.compute(graph.nodes()); });
    cancelled = false;
    backend.compute(graph.nodes());
    EXPECT_EQ(*host_data<float>(result), 12.0f);
}

TEST(CpuBackend, stops_in_the_middle_of_a_graph) {
    const auto cancel = [](ggml_tensor * dst, const ggml_tensor * src, int thread, int, void * flag) {
        if (thread == 0) {
            *host_data<float>(dst) = *host_data<float>(src);
            static_cast<std::atomic<bool> *>(flag)->store(true);
        }
    };
    std::atomic<bool> cancelled{false};
    Graph graph(8);
    ggml_tensor * a = graph.input(GGML_TYPE_F32, 1);
    ggml_tensor * before = ggml_scale(graph.context(), a, 2.0f);
    ggml_tensor * middle = ggml_map_custom1(graph.context(), before, cancel, 1, &cancelled);
    ggml_set_output(before);  // so that the last node has memory of its own
    ggml_set_output(middle);
    ggml_tensor * after = ggml_scale(graph.context(), middle, 2.0f);
    graph.add_output(after);
    graph.allocate();
    *host_data<float>(a) = 3.0f;
    *host_data<float>(after) = -1.0f;
    CpuBackend backend(2, unless(&cancelled));
    testing::expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, [&] { backend.compute(graph.nodes()); });
    EXPECT_EQ(*host_data<float>(middle), 6.0f);
    EXPECT_EQ(*host_data<float>(after), -1.0f) << "a node ran after the cancellation";
}

TEST(CpuBackend, reports_a_graph_that_does_not_fit_into_memory) {
    Graph graph(8);
    ggml_tensor * a = graph.input(GGML_TYPE_F32, 1);
    graph.add_output(ggml_repeat_4d(graph.context(), a, int64_t{1} << 30, 1 << 10, 1 << 10, 1));
    testing::expect_error(DIA_STATUS_OUT_OF_MEMORY, {"1 nodes"}, [&] { graph.allocate(); });
}

TEST(CpuBackend, leaves_no_bytes_behind) {
    const auto round = [] {
        CpuBackend backend(2);
        Graph graph(8);
        ggml_tensor * a = graph.input(GGML_TYPE_F32, 1000);
        ggml_tensor * squared = ggml_mul(graph.context(), a, a);
        graph.add_output(squared);
        const int64_t before = live_bytes();
        graph.allocate();
        EXPECT_GE(live_bytes() - before, 8000);
        backend.compute(graph.nodes());
    };
    round();
    const int64_t before = live_bytes();
    for (int i = 0; i < 20; ++i) {
        round();
    }
    EXPECT_EQ(live_bytes(), before);
}

}  // namespace
}  // namespace dia
