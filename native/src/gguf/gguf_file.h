// The directory of a GGUF file: metadata and tensors, memory-mapped. ggml parses it after gguf/gguf_validator.h has
// found nothing wrong; its getters abort on a wrong type, so every type is looked at first.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ggml.h"
#include "gguf.h"
#include "support/file_mapping.h"

namespace dia {

struct GgufTensor {
    std::string name;
    ggml_type type;
    std::vector<int64_t> shape;  // ggml order, fastest first; 1 to 4 sizes
    uint64_t offset;             // bytes from the start of the file
    span<const uint8_t> data;    // in the mapping
};

class GgufFile {
public:
    // Throws DIA_STATUS_IO or DIA_STATUS_INVALID_FILE with a message that names the file.
    explicit GgufFile(const std::string & path);

    const std::string & path() const { return path_; }

    // Keeps the bytes of the tensors alive.
    const std::shared_ptr<const FileMapping> & mapping() const { return mapping_; }

    const std::vector<GgufTensor> & tensors() const { return tensors_; }

    // nullptr if there is no such tensor.
    const GgufTensor * find_tensor(const std::string & name) const;

    // For gguf_set_kv. Borrowed.
    const gguf_context * metadata() const { return context_.get(); }

    int64_t metadata_count() const;
    std::string metadata_key(int64_t index) const;

    // "u32", "str", "arr[f32]"
    std::string metadata_type(int64_t index) const;

    // As text; an array as "[1, 2, 3]".
    std::string metadata_value(int64_t index) const;

    bool has(const char * key) const;

    // Typed values. Throw DIA_STATUS_INVALID_FILE, naming the key, if it is missing or of another type. An integer
    // may have any width.
    std::string text(const char * key) const;
    bool boolean(const char * key) const;
    int32_t integer(const char * key) const;
    float number(const char * key) const;
    std::vector<int32_t> integers(const char * key) const;

private:
    int64_t find(const char * key) const;
    [[noreturn]] void refuse_type(const char * key, int64_t index, const char * expected) const;
    void read_tensors();

    struct ContextDeleter {
        void operator()(gguf_context * context) const { gguf_free(context); }
    };

    std::string path_;
    std::shared_ptr<const FileMapping> mapping_;
    std::unique_ptr<gguf_context, ContextDeleter> context_;
    std::vector<GgufTensor> tensors_;  // in the order of the file
    std::vector<size_t> by_name_;      // indices of tensors_, ordered by name
};

}  // namespace dia
