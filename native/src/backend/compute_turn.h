// Turns at the processors. ggml's threads wait for each other by spinning, so that graphs which together have more
// threads than there are cores slow each other down many times. Those of this process take turns instead, in the
// order in which they come; graphs that fit beside each other run together.
#pragma once

#include <cstdint>
#include <functional>

namespace dia {

// Holds the processors for a graph as long as it lives.
class ComputeTurn {
public:
    // Waits until `n_threads` cores are free, or all of them if there are not so many. `go_on`, unless empty, is
    // asked now and then; throws DIA_STATUS_CANCELLED when it returns false.
    ComputeTurn(int32_t n_threads, const std::function<bool()> & go_on);
    ~ComputeTurn();
    ComputeTurn(const ComputeTurn &) = delete;
    ComputeTurn & operator=(const ComputeTurn &) = delete;

private:
    int32_t n_cores_;
};

// Whether graphs of so many threads fit beside each other.
bool fit_beside(int32_t n_threads, int32_t n_other_threads);

}  // namespace dia
