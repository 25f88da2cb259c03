// The directory of a GGUF file: metadata and tensors. ggml parses it after gguf/gguf_validator.h has found nothing
// wrong; its getters abort on a wrong type, so every type is looked at first.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ggml.h"
#include "gguf.h"
#include "support/input_file.h"
#include "support/span.h"

namespace dia {

struct GgufTensor {
    std::string name;
    ggml_type type;
    std::vector<int64_t> shape;  // ggml order, fastest first; 1 to 4 sizes
    uint64_t offset;             // bytes from the start of the file
    uint64_t n_bytes;
};

class GgufFile {
public:
    // Throws DIA_STATUS_IO or DIA_STATUS_INVALID_FILE with a message that names the file.
    explicit GgufFile(const std::string & path);

    const std::string & path() const { return file_->path(); }

    // For mapping it.
    const std::shared_ptr<const InputFile> & file() const { return file_; }

    const std::vector<GgufTensor> & tensors() const { return tensors_; }

    // nullptr if there is no such tensor.
    const GgufTensor * find_tensor(const std::string & name) const;

    // Reads bytes of a tensor, from `first` on. Throws DIA_STATUS_IO.
    void read(const GgufTensor & tensor, uint64_t first, span<uint8_t> bytes) const {
        file_->read(tensor.offset + first, bytes);
    }

    std::vector<uint8_t> read_all(const GgufTensor & tensor) const {
        return file_->read_bytes(tensor.offset, tensor.n_bytes);
    }

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

    std::shared_ptr<const InputFile> file_;
    std::unique_ptr<gguf_context, ContextDeleter> context_;
    std::vector<GgufTensor> tensors_;  // in the order of the file
    std::vector<size_t> by_name_;      // indices of tensors_, ordered by name
};

}  // namespace dia
