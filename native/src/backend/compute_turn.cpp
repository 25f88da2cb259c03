#include "backend/compute_turn.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "backend/cpu_topology.h"
#include "support/error.h"

namespace dia {

namespace {

// How long a cancelled graph may go on waiting.
constexpr std::chrono::milliseconds kPatience(20);

// Lies on the stack of the thread that waits: a turn allocates nothing.
struct Waiting {
    Waiting * next = nullptr;  // came later
};

struct Processors {
    const int32_t n_cores = physical_core_count();
    std::mutex mutex;
    std::condition_variable changed;
    int32_t n_free = n_cores;
    Waiting * first = nullptr;

    void enter(Waiting & self) {
        Waiting ** end = &first;
        while (*end != nullptr) {
            end = &(*end)->next;
        }
        *end = &self;
    }

    void leave(const Waiting & self) {
        Waiting ** place = &first;
        while (*place != &self) {
            place = &(*place)->next;
        }
        *place = self.next;
    }
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
    Waiting self;
    all.enter(self);
    const auto is_our_turn = [&] { return all.first == &self && n_cores_ <= all.n_free; };
    while (!all.changed.wait_for(lock, kPatience, is_our_turn)) {
        if (go_on && !go_on()) {
            all.leave(self);
            all.changed.notify_all();
            fail(DIA_STATUS_CANCELLED, "cancelled");
        }
    }
    all.leave(self);
    all.n_free -= n_cores_;
    all.changed.notify_all();  // the next may fit beside this one
}

ComputeTurn::~ComputeTurn() {
    Processors & all = processors();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.n_free += n_cores_;
    all.changed.notify_all();
}

bool fit_beside(int32_t n_threads, int32_t n_other_threads) {
    return int64_t{n_threads} + n_other_threads <= processors().n_cores;
}

}  // namespace dia
