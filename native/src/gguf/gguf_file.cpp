#include "gguf/gguf_file.h"

#include <algorithm>
#include <cinttypes>
#include <cstring>
#include <optional>

#include "gguf/gguf_validator.h"
#include "support/error.h"
#include "support/log.h"

namespace dia {

namespace {

// The value of an integer type as int64, if the type is one and the value fits.
std::optional<int64_t> integer_at(gguf_type type, const void * data, size_t index) {
    const auto element = [&](auto zero) {
        decltype(zero) value;
        std::memcpy(&value, static_cast<const uint8_t *>(data) + index * sizeof(value), sizeof(value));
        return value;
    };
    switch (type) {
        case GGUF_TYPE_UINT8:
            return element(uint8_t{});
        case GGUF_TYPE_INT8:
            return element(int8_t{});
        case GGUF_TYPE_UINT16:
            return element(uint16_t{});
        case GGUF_TYPE_INT16:
            return element(int16_t{});
        case GGUF_TYPE_UINT32:
            return element(uint32_t{});
        case GGUF_TYPE_INT32:
            return element(int32_t{});
        case GGUF_TYPE_INT64:
            return element(int64_t{});
        case GGUF_TYPE_UINT64: {
            const uint64_t value = element(uint64_t{});
            return value <= INT64_MAX ? std::optional<int64_t>(static_cast<int64_t>(value)) : std::nullopt;
        }
        default:
            return std::nullopt;
    }
}

std::string element_text(gguf_type type, const void * data, size_t index) {
    const auto * bytes = static_cast<const uint8_t *>(data);
    switch (type) {
        case GGUF_TYPE_FLOAT32: {
            float value;
            std::memcpy(&value, bytes + index * sizeof(value), sizeof(value));
            return format("%.9g", static_cast<double>(value));
        }
        case GGUF_TYPE_FLOAT64: {
            double value;
            std::memcpy(&value, bytes + index * sizeof(value), sizeof(value));
            return format("%.17g", value);
        }
        case GGUF_TYPE_BOOL:
            return bytes[index] != 0 ? "true" : "false";
        case GGUF_TYPE_UINT64: {
            uint64_t value;
            std::memcpy(&value, bytes + index * sizeof(value), sizeof(value));
            return std::to_string(value);
        }
        default: {
            const std::optional<int64_t> value = integer_at(type, data, index);
            return value ? std::to_string(*value) : "?";
        }
    }
}

std::vector<int64_t> shape_of(const int64_t * sizes) {
    int n_dimensions = GGML_MAX_DIMS;
    while (n_dimensions > 1 && sizes[n_dimensions - 1] == 1) {
        --n_dimensions;
    }
    return {sizes, sizes + n_dimensions};
}

}  // namespace

GgufFile::GgufFile(const std::string & path) : file_(std::make_shared<const InputFile>(path)) {
    const std::vector<uint8_t> directory = read_gguf_directory(*file_);
    gguf_init_params params;
    params.no_alloc = true;
    params.ctx = nullptr;
    context_.reset(gguf_init_from_buffer(directory.data(), directory.size(), params));
    if (!context_) {
        fail(DIA_STATUS_INVALID_FILE, "%s: not a well-formed GGUF file: %s", path.c_str(),
             last_ggml_error().c_str());
    }
    read_tensors();
}

void GgufFile::read_tensors() {
    const int64_t n_tensors = gguf_get_n_tensors(context_.get());
    for (int64_t i = 0; i < n_tensors; ++i) {
        GgufTensor tensor;
        tensor.name = gguf_get_tensor_name(context_.get(), i);
        tensor.type = gguf_get_tensor_type(context_.get(), i);
        tensor.shape = shape_of(gguf_get_tensor_ne(context_.get(), i));
        tensor.offset = gguf_get_data_offset(context_.get()) + gguf_get_tensor_offset(context_.get(), i);
        tensor.n_bytes = gguf_get_tensor_size(context_.get(), i);
        tensors_.push_back(std::move(tensor));
        by_name_.push_back(static_cast<size_t>(i));
    }
    std::sort(by_name_.begin(), by_name_.end(),
              [this](size_t a, size_t b) { return tensors_[a].name < tensors_[b].name; });
}

const GgufTensor * GgufFile::find_tensor(const std::string & name) const {
    const auto found = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                        [this](size_t a, const std::string & b) { return tensors_[a].name < b; });
    return found != by_name_.end() && tensors_[*found].name == name ? &tensors_[*found] : nullptr;
}

int64_t GgufFile::metadata_count() const {
    return gguf_get_n_kv(context_.get());
}

std::string GgufFile::metadata_key(int64_t index) const {
    return gguf_get_key(context_.get(), index);
}

std::string GgufFile::metadata_type(int64_t index) const {
    const gguf_type type = gguf_get_kv_type(context_.get(), index);
    if (type != GGUF_TYPE_ARRAY) {
        return gguf_type_name(type);
    }
    return format("arr[%s]", gguf_type_name(gguf_get_arr_type(context_.get(), index)));
}

std::string GgufFile::metadata_value(int64_t index) const {
    const gguf_context * context = context_.get();
    const gguf_type type = gguf_get_kv_type(context, index);
    if (type == GGUF_TYPE_STRING) {
        return gguf_get_val_str(context, index);
    }
    if (type != GGUF_TYPE_ARRAY) {
        return element_text(type, gguf_get_val_data(context, index), 0);
    }
    const gguf_type element_type = gguf_get_arr_type(context, index);
    const size_t count = gguf_get_arr_n(context, index);
    std::string value = "[";
    for (size_t i = 0; i < count; ++i) {
        value += i > 0 ? ", " : "";
        value += element_type == GGUF_TYPE_STRING
                     ? gguf_get_arr_str(context, index, i)
                     : element_text(element_type, gguf_get_arr_data(context, index), i);
    }
    return value + "]";
}

bool GgufFile::has(const char * key) const {
    return gguf_find_key(context_.get(), key) >= 0;
}

int64_t GgufFile::find(const char * key) const {
    const int64_t index = gguf_find_key(context_.get(), key);
    if (index < 0) {
        fail(DIA_STATUS_INVALID_FILE, "%s: the metadata key %s is missing", path().c_str(), key);
    }
    return index;
}

void GgufFile::refuse_type(const char * key, int64_t index, const char * expected) const {
    fail(DIA_STATUS_INVALID_FILE, "%s: the metadata key %s has type %s, expected %s", path().c_str(), key,
         metadata_type(index).c_str(), expected);
}

std::string GgufFile::text(const char * key) const {
    const int64_t index = find(key);
    if (gguf_get_kv_type(context_.get(), index) != GGUF_TYPE_STRING) {
        refuse_type(key, index, "str");
    }
    return gguf_get_val_str(context_.get(), index);
}

bool GgufFile::boolean(const char * key) const {
    const int64_t index = find(key);
    if (gguf_get_kv_type(context_.get(), index) != GGUF_TYPE_BOOL) {
        refuse_type(key, index, "bool");
    }
    return gguf_get_val_bool(context_.get(), index);
}

int32_t GgufFile::integer(const char * key) const {
    const int64_t index = find(key);
    const gguf_type type = gguf_get_kv_type(context_.get(), index);
    const bool scalar = type != GGUF_TYPE_STRING && type != GGUF_TYPE_ARRAY;
    const std::optional<int64_t> value =
        scalar ? integer_at(type, gguf_get_val_data(context_.get(), index), 0) : std::nullopt;
    if (!value || *value < INT32_MIN || *value > INT32_MAX) {
        refuse_type(key, index, "an integer of 32 bits");
    }
    return static_cast<int32_t>(*value);
}

float GgufFile::number(const char * key) const {
    const int64_t index = find(key);
    switch (gguf_get_kv_type(context_.get(), index)) {
        case GGUF_TYPE_FLOAT32:
            return gguf_get_val_f32(context_.get(), index);
        case GGUF_TYPE_FLOAT64:
            return static_cast<float>(gguf_get_val_f64(context_.get(), index));
        default:
            refuse_type(key, index, "f32");
    }
}

std::vector<int32_t> GgufFile::integers(const char * key) const {
    const int64_t index = find(key);
    if (gguf_get_kv_type(context_.get(), index) != GGUF_TYPE_ARRAY ||
        gguf_get_arr_type(context_.get(), index) == GGUF_TYPE_STRING) {
        refuse_type(key, index, "arr[i32]");
    }
    std::vector<int32_t> values;
    const size_t count = gguf_get_arr_n(context_.get(), index);
    for (size_t i = 0; i < count; ++i) {
        const std::optional<int64_t> value =
            integer_at(gguf_get_arr_type(context_.get(), index), gguf_get_arr_data(context_.get(), index), i);
        if (!value || *value < INT32_MIN || *value > INT32_MAX) {
            refuse_type(key, index, "arr[i32]");
        }
        values.push_back(static_cast<int32_t>(*value));
    }
    return values;
}

}  // namespace dia
