// How many threads are worth starting on this machine.
#pragma once

#include <cstdint>

namespace dia {

// Physical cores that this process may use: its affinity and, in a container, its share of the processors are
// respected. At least 1.
int32_t physical_core_count();

// `n_threads` itself. Throws DIA_STATUS_INVALID_ARGUMENT if it is negative.
int32_t require_thread_count(int32_t n_threads);

// Threads for a request of `n_threads`: 0 means the physical cores; more than four per logical processor are
// never started.
int32_t resolve_thread_count(int32_t n_threads);

// The same for a graph that passes over `n_weights` once: where 0 is requested, only as many threads as such a pass
// keeps busy. Threads meet after every node, which costs a small model more than sharing the work saves.
int32_t resolve_thread_count(int32_t n_threads, int64_t n_weights);

}  // namespace dia
