// How far the codec looks around a frame.
#pragma once

#include <algorithm>
#include <cstdint>

namespace dia {

// Frames before and after a frame that its result depends on.
struct DacContext {
    int64_t before = 0;
    int64_t after = 0;
};

// Frames [first, first + count) of a clip, and [begin, end), which their results depend on.
struct DacStretch {
    int64_t first;
    int64_t count;
    int64_t begin;
    int64_t end;

    DacStretch(int64_t first_frame, int64_t n, int64_t n_frames, DacContext context)
        : first(first_frame),
          count(n),
          begin(std::max<int64_t>(0, first - context.before)),
          end(std::min(n_frames, first + count + context.after)) {}

    int64_t size() const { return end - begin; }
};

}  // namespace dia
