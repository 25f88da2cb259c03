// A file's bytes, memory-mapped for reading: pages come from the disk when they are touched, and the system
// may drop them again.
//
// Only weights are read so. Where the bytes of a mapping are gone, because someone cut the file short or the disk
// fails, the system ends the process with a signal, which a library cannot catch without taking it from its host.
// check_size() tells of a file that was cut short before the bytes are touched.
#pragma once

#include <cstdint>
#include <memory>

#include "support/input_file.h"
#include "support/span.h"

namespace dia {

class FileMapping {
public:
    // Throws DIA_STATUS_IO, naming the file and the system's reason.
    explicit FileMapping(const std::shared_ptr<const InputFile> & file);
    ~FileMapping();
    FileMapping(const FileMapping &) = delete;
    FileMapping & operator=(const FileMapping &) = delete;

    span<const uint8_t> bytes() const { return {static_cast<const uint8_t *>(address_), size_}; }

    // Throws DIA_STATUS_IO if the file has become shorter.
    void check_size() const;

private:
    std::shared_ptr<const InputFile> file_;
    void * address_ = nullptr;
    size_t size_ = 0;
};

}  // namespace dia
