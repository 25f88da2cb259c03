// A file that is read at given places. Every read is checked, so that a disk that fails, or a file that someone cut
// short, is an error; of mapped bytes it would be a signal that ends the process (support/file_mapping.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/span.h"

namespace dia {

class InputFile {
public:
    // `path` is UTF-8. Throws DIA_STATUS_IO, naming the file and the system's reason. An empty file is fine.
    explicit InputFile(const std::string & path);
    ~InputFile();
    InputFile(const InputFile &) = delete;
    InputFile & operator=(const InputFile &) = delete;

    const std::string & path() const { return path_; }

    // Bytes that the file had when it was opened.
    uint64_t n_bytes() const { return n_bytes_; }

    // Bytes that it has at this moment. Throws DIA_STATUS_IO.
    uint64_t current_bytes() const;

    // Reads bytes.size() bytes from `offset` on. Throws DIA_STATUS_IO if they cannot be read or the file ends
    // before. May be called by several threads at once.
    void read(uint64_t offset, span<uint8_t> bytes) const;

    // The file from `offset` on, or `n_bytes` of it.
    std::vector<uint8_t> read_bytes(uint64_t offset, uint64_t n_bytes) const;
    std::vector<uint8_t> read_all() const { return read_bytes(0, n_bytes_); }

    // What the system knows the file by.
    intptr_t handle() const { return handle_; }

private:
    InputFile() = default;

    static constexpr intptr_t kClosed = -1;

    std::string path_;
    intptr_t handle_ = kClosed;
    uint64_t n_bytes_ = 0;
};

}  // namespace dia
