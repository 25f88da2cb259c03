// The part of the C interface that shows what is in a GGUF file.

#include <memory>
#include <string>
#include <vector>

#include "api/api_guard.h"
#include "api/versioned_struct.h"
#include "dia/dia.h"
#include "gguf/gguf_file.h"
#include "text/utf8.h"

namespace {

struct MetadataEntry {
    std::string key;
    std::string type;
    std::string value;
};

// A file may hold any bytes; what this interface lends is UTF-8.
std::string utf8_of(const std::string & bytes) {
    std::string text;
    dia::append_utf8(bytes, text);
    return text;
}

std::vector<MetadataEntry> metadata_of(const dia::GgufFile & file) {
    std::vector<MetadataEntry> entries;
    for (int64_t i = 0; i < file.metadata_count(); ++i) {
        entries.push_back({utf8_of(file.metadata_key(i)), file.metadata_type(i), utf8_of(file.metadata_value(i))});
    }
    return entries;
}

std::vector<std::string> tensor_names_of(const dia::GgufFile & file) {
    std::vector<std::string> names;
    for (const dia::GgufTensor & tensor : file.tensors()) {
        names.push_back(utf8_of(tensor.name));
    }
    return names;
}

}  // namespace

struct dia_gguf {
    explicit dia_gguf(const std::string & path)
        : file(path), metadata(metadata_of(file)), tensor_names(tensor_names_of(file)) {}

    dia::GgufFile file;
    std::vector<MetadataEntry> metadata;  // text, which the getters lend
    std::vector<std::string> tensor_names;
};

namespace {

// NULL for no file and for an index that is out of range.
const MetadataEntry * entry_at(const dia_gguf * gguf, int64_t index) {
    const bool exists = gguf != nullptr && index >= 0 && index < static_cast<int64_t>(gguf->metadata.size());
    return exists ? &gguf->metadata[static_cast<size_t>(index)] : nullptr;
}

dia_tensor_info describe(const dia::GgufTensor & tensor, const std::string & name) {
    dia_tensor_info info = {};
    info.n_dimensions = static_cast<int32_t>(tensor.shape.size());
    info.name = name.c_str();
    info.type_name = ggml_type_name(tensor.type);
    for (size_t i = 0; i < DIA_MAX_DIMENSIONS; ++i) {
        info.dimensions[i] = i < tensor.shape.size() ? tensor.shape[i] : 1;
    }
    info.offset = static_cast<int64_t>(tensor.offset);
    info.n_bytes = static_cast<int64_t>(tensor.data.size());
    return info;
}

}  // namespace

dia_status dia_gguf_open(const char * path, dia_gguf ** out) {
    return dia::guard([&] {
        dia::clear_output(out, "out");
        *out = std::make_unique<dia_gguf>(&dia::require(path, "path")).release();
    });
}

void dia_gguf_free(dia_gguf * gguf) {
    std::unique_ptr<dia_gguf> owned(gguf);
}

int64_t dia_gguf_metadata_count(const dia_gguf * gguf) {
    return gguf == nullptr ? 0 : static_cast<int64_t>(gguf->metadata.size());
}

const char * dia_gguf_metadata_key(const dia_gguf * gguf, int64_t index) {
    const MetadataEntry * entry = entry_at(gguf, index);
    return entry == nullptr ? nullptr : entry->key.c_str();
}

const char * dia_gguf_metadata_type(const dia_gguf * gguf, int64_t index) {
    const MetadataEntry * entry = entry_at(gguf, index);
    return entry == nullptr ? nullptr : entry->type.c_str();
}

const char * dia_gguf_metadata_value(const dia_gguf * gguf, int64_t index) {
    const MetadataEntry * entry = entry_at(gguf, index);
    return entry == nullptr ? nullptr : entry->value.c_str();
}

int64_t dia_gguf_tensor_count(const dia_gguf * gguf) {
    return gguf == nullptr ? 0 : static_cast<int64_t>(gguf->file.tensors().size());
}

dia_status dia_gguf_get_tensor(const dia_gguf * gguf, int64_t index, dia_tensor_info * info) {
    return dia::guard([&] {
        const std::vector<dia::GgufTensor> & tensors = dia::require(gguf, "gguf").file.tensors();
        if (index < 0 || index >= static_cast<int64_t>(tensors.size())) {
            dia::fail(DIA_STATUS_INVALID_ARGUMENT, "index is %lld, expected 0 to %lld",
                      static_cast<long long>(index), static_cast<long long>(tensors.size()) - 1);
        }
        const auto i = static_cast<size_t>(index);
        dia::write_struct(info, describe(tensors[i], gguf->tensor_names[i]), "info");
    });
}
