// A file that appears under its name only when it is complete: it is written under a temporary name in the same
// folder, and renamed. Without commit() nothing is left behind.
#pragma once

#include <cstdint>
#include <string>

#include "support/span.h"

namespace dia {

class OutputFile {
public:
    // `path` is UTF-8. Throws DIA_STATUS_IO if the folder is missing or not writable, or if `path` is there and
    // not a regular file.
    explicit OutputFile(const std::string & path);
    ~OutputFile();
    OutputFile(const OutputFile &) = delete;
    OutputFile & operator=(const OutputFile &) = delete;

    // Appends. Throws DIA_STATUS_IO, for example if the disk is full.
    void write(span<const uint8_t> bytes);

    // Puts the file, safely on the disk, under its name; replaces what was there.
    void commit();

    uint64_t n_bytes() const { return n_bytes_; }

private:
    void close() noexcept;

    std::string path_;
    std::string temporary_path_;
    intptr_t handle_;
    uint64_t n_bytes_ = 0;
};

}  // namespace dia
