// The part of the C interface that shows what is in a GGUF file.

#include <memory>
#include <string>
#include <vector>

#include "api/api_guard.h"
#include "api/gguf_handle.h"
#include "api/versioned_struct.h"
#include "dia/dia.h"
#include "gguf/gguf_file.h"
#include "gguf/storage_type.h"
#include "text/utf8.h"

namespace {

// A file may hold any bytes; what this interface lends is UTF-8.
std::string utf8_of(const std::string & bytes) {
    std::string text;
    dia::append_utf8(bytes, text);
    return text;
}

}  // namespace

dia_gguf::dia_gguf(const dia::GgufFile & file) {
    for (int64_t i = 0; i < file.metadata_count(); ++i) {
        metadata.push_back({utf8_of(file.metadata_key(i)), file.metadata_type(i), utf8_of(file.metadata_value(i))});
    }
    for (const dia::GgufTensor & tensor : file.tensors()) {
        tensors.push_back(
            {utf8_of(tensor.name), ggml_type_name(tensor.type), tensor.shape, tensor.offset, tensor.n_bytes});
    }
}

dia_gguf::dia_gguf(const std::vector<dia::PlannedTensor> & planned) {
    for (const dia::PlannedTensor & tensor : planned) {
        std::vector<int64_t> shape = tensor.entry->shape;
        while (shape.size() > 1 && shape.back() == 1) {
            shape.pop_back();  // a file does not tell such sizes from absent ones
        }
        tensors.push_back({tensor.entry->name, dia::type_name(tensor.type), shape, tensor.offset, tensor.n_bytes});
    }
}

namespace {

// NULL for no file and for an index that is out of range.
const dia_gguf::MetadataEntry * entry_at(const dia_gguf * gguf, int64_t index) {
    const bool exists = gguf != nullptr && index >= 0 && index < static_cast<int64_t>(gguf->metadata.size());
    return exists ? &gguf->metadata[static_cast<size_t>(index)] : nullptr;
}

dia_tensor_info describe(const dia_gguf::Tensor & tensor) {
    dia_tensor_info info = {};
    info.n_dimensions = static_cast<int32_t>(tensor.shape.size());
    info.name = tensor.name.c_str();
    info.type_name = tensor.type_name;
    for (size_t i = 0; i < DIA_MAX_DIMENSIONS; ++i) {
        info.dimensions[i] = i < tensor.shape.size() ? tensor.shape[i] : 1;
    }
    info.offset = static_cast<int64_t>(tensor.offset);
    info.n_bytes = static_cast<int64_t>(tensor.n_bytes);
    return info;
}

}  // namespace

dia_status dia_gguf_open(const char * path, dia_gguf ** out) {
    return dia::guard([&] {
        dia::clear_output(out, "out");
        *out = std::make_unique<dia_gguf>(dia::GgufFile(&dia::require(path, "path"))).release();
    });
}

void dia_gguf_free(dia_gguf * gguf) {
    std::unique_ptr<dia_gguf> owned(gguf);
}

int64_t dia_gguf_metadata_count(const dia_gguf * gguf) {
    return gguf == nullptr ? 0 : static_cast<int64_t>(gguf->metadata.size());
}

const char * dia_gguf_metadata_key(const dia_gguf * gguf, int64_t index) {
    const dia_gguf::MetadataEntry * entry = entry_at(gguf, index);
    return entry == nullptr ? nullptr : entry->key.c_str();
}

const char * dia_gguf_metadata_type(const dia_gguf * gguf, int64_t index) {
    const dia_gguf::MetadataEntry * entry = entry_at(gguf, index);
    return entry == nullptr ? nullptr : entry->type.c_str();
}

const char * dia_gguf_metadata_value(const dia_gguf * gguf, int64_t index) {
    const dia_gguf::MetadataEntry * entry = entry_at(gguf, index);
    return entry == nullptr ? nullptr : entry->value.c_str();
}

int64_t dia_gguf_tensor_count(const dia_gguf * gguf) {
    return gguf == nullptr ? 0 : static_cast<int64_t>(gguf->tensors.size());
}

dia_status dia_gguf_get_tensor(const dia_gguf * gguf, int64_t index, dia_tensor_info * info) {
    return dia::guard([&] {
        const std::vector<dia_gguf::Tensor> & tensors = dia::require(gguf, "gguf").tensors;
        if (index < 0 || index >= static_cast<int64_t>(tensors.size())) {
            dia::fail(DIA_STATUS_INVALID_ARGUMENT, "index is %lld, expected 0 to %lld",
                      static_cast<long long>(index), static_cast<long long>(tensors.size()) - 1);
        }
        dia::write_struct(info, describe(tensors[static_cast<size_t>(index)]), "info");
    });
}
