#include "quantize/row_encoder.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

#include "ggml.h"

namespace dia {

namespace {

constexpr int64_t kValuesPerThread = 1 << 14;  // fewer are done sooner than a thread is started

// Runs work(first, count) over the rows, the last share on this thread.
template <typename Work>
void share_rows(int64_t n_rows, int64_t n_shares, const Work & work) {
    const int64_t share = (n_rows + n_shares - 1) / n_shares;
    std::vector<std::thread> threads;
    threads.reserve(static_cast<size_t>(n_shares));
    int64_t first = 0;
    try {
        for (; first + share < n_rows; first += share) {
            threads.emplace_back(work, first, share);
        }
    } catch (const std::exception &) {
        // No further thread, or no memory for one, can be had; the rest is done here.
    }
    work(first, n_rows - first);
    for (std::thread & thread : threads) {
        thread.join();
    }
}

}  // namespace

void encode_rows(dia_type type, span<const float> values, int64_t row_size, span<const float> importance,
                 span<uint8_t> encoded, int32_t n_threads) {
    const auto ggml = static_cast<ggml_type>(type);
    const size_t row_bytes = ggml_row_size(ggml, row_size);
    const int64_t n_rows = static_cast<int64_t>(values.size()) / row_size;
    const int64_t n_shares =
        std::clamp<int64_t>(static_cast<int64_t>(values.size()) / kValuesPerThread, 1, std::max(1, n_threads));
    share_rows(n_rows, n_shares, [&](int64_t first, int64_t count) {
        ggml_quantize_chunk(ggml, values.data() + first * row_size,
                            encoded.data() + static_cast<size_t>(first) * row_bytes, 0, count, row_size,
                            importance.empty() ? nullptr : importance.data());
    });
}

}  // namespace dia
