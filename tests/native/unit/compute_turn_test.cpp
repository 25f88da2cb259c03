#include "backend/compute_turn.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "backend/cpu_topology.h"
#include "expect_error.h"

namespace dia {
namespace {

using testing::expect_error;

const std::function<bool()> kAlways;

TEST(ComputeTurn, never_has_more_threads_than_cores) {
    const int32_t cores = physical_core_count();
    std::atomic<int32_t> running = 0;
    std::atomic<int32_t> most = 0;
    std::atomic<int32_t> turns = 0;
    std::vector<std::thread> threads;
    for (int32_t i = 0; i < 8; ++i) {
        threads.emplace_back([&, n = 1 + i % cores] {
            for (int round = 0; round < 200; ++round) {
                const ComputeTurn turn(n, kAlways);
                const int32_t now = running += n;
                for (int32_t seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
                }
                ++turns;
                running -= n;
            }
        });
    }
    for (std::thread & thread : threads) {
        thread.join();
    }
    EXPECT_EQ(turns, 8 * 200);
    EXPECT_LE(most, cores);
    EXPECT_GE(most, 1);
}

TEST(ComputeTurn, of_more_threads_than_cores_takes_all) {
    const ComputeTurn turn(100 * physical_core_count(), kAlways);
    std::atomic<bool> cancelled = true;
    expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, [&] { ComputeTurn(1, [&] { return !cancelled; }); });
}

TEST(ComputeTurn, lets_graphs_that_fit_run_together) {
    std::vector<std::unique_ptr<ComputeTurn>> turns;
    for (int32_t i = 0; i < physical_core_count(); ++i) {
        turns.push_back(std::make_unique<ComputeTurn>(1, kAlways));
    }
    SUCCEED();
}

// The first in the queue wants all cores and gives up; the second fits at once.
TEST(ComputeTurn, fits_beside_another_while_cores_are_left) {
    const int32_t cores = physical_core_count();
    EXPECT_EQ(fit_beside(1, 1), cores >= 2);
    EXPECT_TRUE(fit_beside(cores, 0));
    EXPECT_FALSE(fit_beside(cores, 1));
    EXPECT_FALSE(fit_beside(INT32_MAX, INT32_MAX));
}

TEST(ComputeTurn, given_up_makes_way_for_the_next) {
    if (physical_core_count() < 2) {
        GTEST_SKIP() << "needs two cores";
    }
    const ComputeTurn one(1, kAlways);
    std::atomic<bool> asked = false;
    std::atomic<bool> cancelled = false;
    std::thread first([&] {
        expect_error(DIA_STATUS_CANCELLED, {"cancelled"}, [&] {
            ComputeTurn(physical_core_count(), [&] {
                asked = true;
                return !cancelled.load();
            });
        });
    });
    while (!asked) {
        std::this_thread::yield();
    }
    std::thread second([&] { const ComputeTurn turn(1, kAlways); });
    cancelled = true;
    first.join();
    second.join();
}

}  // namespace
}  // namespace dia
