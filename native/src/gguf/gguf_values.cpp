#include "gguf/gguf_values.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/error.h"

namespace dia {

void read_slices(const GgufFile & file, const GgufTensor & tensor, int64_t n_slices, int64_t first, int64_t count,
                 span<float> values) {
    const uint64_t slice_bytes = tensor.n_bytes / static_cast<uint64_t>(n_slices);
    const uint64_t begin = static_cast<uint64_t>(first) * slice_bytes;
    if (tensor.type == GGML_TYPE_F32) {
        file.read(tensor, begin, {reinterpret_cast<uint8_t *>(values.data()), values.size() * sizeof(float)});
    } else {
        std::vector<uint8_t> bytes(static_cast<size_t>(static_cast<uint64_t>(count) * slice_bytes));
        file.read(tensor, begin, bytes);
        ggml_get_type_traits(tensor.type)
            ->to_float(bytes.data(), values.data(), static_cast<int64_t>(values.size()));
    }
    const float * bad =
        std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
    if (bad != values.end()) {
        fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s contains %g, expected finite numbers", file.path().c_str(),
             tensor.name.c_str(), static_cast<double>(*bad));
    }
}

}  // namespace dia
