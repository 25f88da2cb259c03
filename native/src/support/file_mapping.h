// A file's bytes, memory-mapped for reading: pages come from the disk when they are touched, and the system
// may drop them again.
#pragma once

#include <cstdint>
#include <string>

#include "support/span.h"

namespace dia {

class FileMapping {
public:
    // `path` is UTF-8. Throws DIA_STATUS_IO, naming the file and the system's reason. An empty file is fine.
    explicit FileMapping(const std::string & path);
    ~FileMapping();
    FileMapping(const FileMapping &) = delete;
    FileMapping & operator=(const FileMapping &) = delete;

    span<const uint8_t> bytes() const { return {static_cast<const uint8_t *>(address_), size_}; }

private:
    void * address_ = nullptr;
    size_t size_ = 0;
};

// Tells the system that mapped bytes are not needed for now, so that reading a large file once from front to
// back does not count as memory of this process. They can still be read.
void release_pages(span<const uint8_t> mapped) noexcept;

}  // namespace dia
