#include "gguf/model_tensor.h"

#include <algorithm>

#include "support/error.h"

namespace dia {

namespace {

std::string shape_and_type(const std::vector<int64_t> & shape, const std::string & type) {
    return shape_text(shape) + " " + type;
}

// Sizes of 1 at the end do not count: a file does not tell them from absent ones.
bool same_shape(const std::vector<int64_t> & expected, const std::vector<int64_t> & found) {
    const size_t n = std::max(expected.size(), found.size());
    for (size_t i = 0; i < n; ++i) {
        if ((i < expected.size() ? expected[i] : 1) != (i < found.size() ? found[i] : 1)) {
            return false;
        }
    }
    return true;
}

}  // namespace

const GgufTensor & find_model_tensor(const GgufFile & file, const TensorEntry & entry) {
    const GgufTensor * tensor = file.find_tensor(entry.name);
    if (tensor == nullptr) {
        fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s is missing, expected %s", file.path().c_str(),
             entry.name.c_str(), shape_and_type(entry.shape, allowed_types(entry.role)).c_str());
    }
    const bool allowed = is_allowed_type(entry.role, static_cast<dia_type>(tensor->type));
    if (!allowed || !same_shape(entry.shape, tensor->shape)) {
        fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s: expected %s, found %s", file.path().c_str(),
             entry.name.c_str(), shape_and_type(entry.shape, allowed_types(entry.role)).c_str(),
             shape_and_type(tensor->shape, ggml_type_name(tensor->type)).c_str());
    }
    return *tensor;
}

}  // namespace dia
