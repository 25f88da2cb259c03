#include "support/file_mapping.h"

#include "support/error.h"

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#if !defined(NOMINMAX)
#define NOMINMAX
#endif
#include <windows.h>

#include <filesystem>
#include <memory>
#include <system_error>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#endif

namespace dia {

#if defined(_WIN32)

namespace {

struct HandleCloser {
    void operator()(void * handle) const { CloseHandle(handle); }
};
using Handle = std::unique_ptr<void, HandleCloser>;

[[noreturn]] void fail_with_last_error(const char * action, const std::string & path) {
    const std::string reason = std::system_category().message(static_cast<int>(GetLastError()));
    fail(DIA_STATUS_IO, "%s: cannot %s: %s", path.c_str(), action, reason.c_str());
}

}  // namespace

FileMapping::FileMapping(const std::string & path) {
    const std::wstring wide = std::filesystem::u8path(path).wstring();
    const HANDLE opened = CreateFileW(wide.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                                      OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (opened == INVALID_HANDLE_VALUE) {
        fail_with_last_error("open", path);
    }
    const Handle file(opened);
    LARGE_INTEGER size;
    if (!GetFileSizeEx(file.get(), &size)) {
        fail_with_last_error("read the size", path);
    }
    if (size.QuadPart == 0) {
        return;
    }
    const Handle section(CreateFileMappingW(file.get(), nullptr, PAGE_READONLY, 0, 0, nullptr));
    if (!section) {
        fail_with_last_error("map into memory", path);
    }
    address_ = MapViewOfFile(section.get(), FILE_MAP_READ, 0, 0, 0);
    if (address_ == nullptr) {
        fail_with_last_error("map into memory", path);
    }
    size_ = static_cast<size_t>(size.QuadPart);
}

FileMapping::~FileMapping() {
    if (address_ != nullptr) {
        UnmapViewOfFile(address_);
    }
}

void release_pages(span<const uint8_t> mapped) noexcept {
    if (!mapped.empty()) {
        // Unlocking pages that are not locked takes them out of the working set.
        VirtualUnlock(const_cast<uint8_t *>(mapped.data()), mapped.size());
    }
}

#else

namespace {

class Descriptor {
public:
    explicit Descriptor(int value) : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0) {
            close(value_);
        }
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor & operator=(const Descriptor &) = delete;

    int get() const { return value_; }

private:
    int value_;
};

[[noreturn]] void fail_with_errno(const char * action, const std::string & path) {
    const int reason = errno;
    fail(DIA_STATUS_IO, "%s: cannot %s: %s", path.c_str(), action, std::strerror(reason));
}

}  // namespace

FileMapping::FileMapping(const std::string & path) {
    // O_NONBLOCK: opening a named pipe must not wait for a writer.
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) {
        fail_with_errno("open", path);
    }
    struct stat status;
    if (fstat(file.get(), &status) != 0) {
        fail_with_errno("read the size", path);
    }
    if (!S_ISREG(status.st_mode)) {
        fail(DIA_STATUS_IO, "%s: not a regular file", path.c_str());
    }
    if (status.st_size == 0) {
        return;
    }
    void * const mapped = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_SHARED, file.get(), 0);
    if (mapped == MAP_FAILED) {
        fail_with_errno("map into memory", path);
    }
    address_ = mapped;
    size_ = static_cast<size_t>(status.st_size);
}

FileMapping::~FileMapping() {
    if (address_ != nullptr) {
        munmap(address_, size_);
    }
}

void release_pages(span<const uint8_t> mapped) noexcept {
    // Whole pages inside the range; its two ends may share a page with bytes that are still needed.
    const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const uintptr_t first = (reinterpret_cast<uintptr_t>(mapped.data()) + page - 1) / page * page;
    const uintptr_t last = (reinterpret_cast<uintptr_t>(mapped.data()) + mapped.size()) / page * page;
    if (first < last) {
        madvise(reinterpret_cast<void *>(first), last - first, MADV_DONTNEED);
    }
}

#endif

}  // namespace dia
