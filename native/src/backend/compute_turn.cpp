#include "backend/compute_turn.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

#include "backend/cpu_topology.h"
#include "support/error.h"

namespace dia {

namespace {

// How long a cancelled graph may go on waiting.
constexpr std::chrono::milliseconds kPatience(20);

struct Processors {
    const int32_t n_cores = physical_core_count();
    std::mutex mutex;
    std::condition_variable changed;
    int32_t n_free = n_cores;
    std::list<int32_t> waiting;  // the cores that each waits for, in the order in which they came
};

Processors & processors() {
    static Processors all;
    return all;
}

}  // namespace

ComputeTurn::ComputeTurn(int32_t n_threads, const std::function<bool()> & go_on) {
    Processors & all = processors();
    n_cores_ = std::min(n_threads, all.n_cores);
    std::unique_lock<std::mutex> lock(all.mutex);
    const auto self = all.waiting.insert(all.waiting.end(), n_cores_);
    const auto is_our_turn = [&] { return self == all.waiting.begin() && n_cores_ <= all.n_free; };
    while (!all.changed.wait_for(lock, kPatience, is_our_turn)) {
        if (go_on && !go_on()) {
            all.waiting.erase(self);
            all.changed.notify_all();
            fail(DIA_STATUS_CANCELLED, "cancelled");
        }
    }
    all.waiting.erase(self);
    all.n_free -= n_cores_;
    all.changed.notify_all();  // the next may fit beside this one
}

ComputeTurn::~ComputeTurn() {
    Processors & all = processors();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.n_free += n_cores_;
    all.changed.notify_all();
}

}  // namespace dia
