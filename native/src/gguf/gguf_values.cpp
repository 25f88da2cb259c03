#include "gguf/gguf_values.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "support/error.h"
#include "support/file_mapping.h"

namespace dia {

namespace {

// Nothing aligns the data of a stranger's file, so that they are copied to where ggml may read them.
void dequantize(ggml_type type, span<const uint8_t> bytes, span<float> values) {
    const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
    ggml_get_type_traits(type)->to_float(copy.data(), values.data(), static_cast<int64_t>(values.size()));
}

}  // namespace

void read_slices(const GgufFile & file, const GgufTensor & tensor, int64_t n_slices, int64_t first, int64_t count,
                 span<float> values) {
    const size_t slice_bytes = tensor.data.size() / static_cast<size_t>(n_slices);
    const span<const uint8_t> bytes =
        tensor.data.subspan(static_cast<size_t>(first) * slice_bytes, static_cast<size_t>(count) * slice_bytes);
    if (tensor.type == GGML_TYPE_F32) {
        std::memcpy(values.data(), bytes.data(), bytes.size());
    } else {
        dequantize(tensor.type, bytes, values);
    }
    release_pages(bytes);
    const float * bad =
        std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
    if (bad != values.end()) {
        fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s contains %g, expected finite numbers", file.path().c_str(),
             tensor.name.c_str(), static_cast<double>(*bad));
    }
}

}  // namespace dia
