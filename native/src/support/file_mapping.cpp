#include "support/file_mapping.h"

#include <cinttypes>

#include "support/error.h"
#include "support/system_error.h"

#if defined(_WIN32)
#include "support/windows_api.h"
#else
#include <sys/mman.h>
#endif

namespace dia {

namespace {

#if defined(_WIN32)

// nullptr if it cannot be mapped.
void * map(intptr_t handle, size_t) {
    const HANDLE section =
        CreateFileMappingW(reinterpret_cast<HANDLE>(handle), nullptr, PAGE_READONLY, 0, 0, nullptr);
    if (section == nullptr) {
        return nullptr;
    }
    void * const address = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    CloseHandle(section);
    return address;
}

void unmap(void * address, size_t) {
    UnmapViewOfFile(address);
}

#else

// nullptr if it cannot be mapped.
void * map(intptr_t handle, size_t n_bytes) {
    void * const address = mmap(nullptr, n_bytes, PROT_READ, MAP_SHARED, static_cast<int>(handle), 0);
    return address != MAP_FAILED ? address : nullptr;
}

void unmap(void * address, size_t n_bytes) {
    munmap(address, n_bytes);
}

#endif

}  // namespace

FileMapping::FileMapping(const std::shared_ptr<const InputFile> & file)
    : file_(file), size_(static_cast<size_t>(file->n_bytes())) {
    if (size_ == 0) {
        return;
    }
    address_ = map(file->handle(), size_);
    if (address_ == nullptr) {
        const std::string reason = system_reason();
        fail(DIA_STATUS_IO, "%s: cannot map into memory: %s", file->path().c_str(), reason.c_str());
    }
}

FileMapping::~FileMapping() {
    if (address_ != nullptr) {
        unmap(address_, size_);
    }
}

void FileMapping::check_size() const {
    const uint64_t n_bytes = file_->current_bytes();
    if (n_bytes < size_) {
        fail(DIA_STATUS_IO,
             "%s: the file has become shorter while it is in use: it had %zu bytes and has %" PRIu64 " now",
             file_->path().c_str(), size_, n_bytes);
    }
}

}  // namespace dia
