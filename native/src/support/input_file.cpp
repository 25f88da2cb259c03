#include "support/input_file.h"

#include <algorithm>
#include <cinttypes>

#include "support/error.h"
#include "support/system_error.h"

#if defined(_WIN32)
#include "support/windows_api.h"

#include <filesystem>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace dia {

namespace {

constexpr size_t kMaxRead = 1 << 30;  // systems limit one call to less than 2^31 bytes

#if defined(_WIN32)

HANDLE handle_of(intptr_t handle) {
    return reinterpret_cast<HANDLE>(handle);
}

intptr_t open_file(const std::string & path) {
    return reinterpret_cast<intptr_t>(CreateFileW(std::filesystem::u8path(path).c_str(), GENERIC_READ,
                                                  FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                                                  FILE_ATTRIBUTE_NORMAL, nullptr));
}

bool find_size(intptr_t handle, uint64_t & n_bytes, bool & regular) {
    LARGE_INTEGER size;
    regular = GetFileType(handle_of(handle)) == FILE_TYPE_DISK;
    if (!GetFileSizeEx(handle_of(handle), &size)) {
        return false;
    }
    n_bytes = static_cast<uint64_t>(size.QuadPart);
    return true;
}

// 0 bytes at the end of the file.
bool read_some(intptr_t handle, uint64_t offset, span<uint8_t> bytes, size_t & n_read) {
    OVERLAPPED place = {};
    place.Offset = static_cast<DWORD>(offset);
    place.OffsetHigh = static_cast<DWORD>(offset >> 32);
    DWORD count = 0;
    const bool ok = ReadFile(handle_of(handle), bytes.data(), static_cast<DWORD>(bytes.size()), &count, &place);
    n_read = count;
    return ok || GetLastError() == ERROR_HANDLE_EOF;
}

void close_file(intptr_t handle) {
    CloseHandle(handle_of(handle));
}

#else

intptr_t open_file(const std::string & path) {
    // O_NONBLOCK: opening a named pipe must not wait for a writer.
    return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

bool find_size(intptr_t handle, uint64_t & n_bytes, bool & regular) {
    struct stat status;
    if (fstat(static_cast<int>(handle), &status) != 0) {
        return false;
    }
    n_bytes = static_cast<uint64_t>(status.st_size);
    regular = S_ISREG(status.st_mode);
    return true;
}

// 0 bytes at the end of the file.
bool read_some(intptr_t handle, uint64_t offset, span<uint8_t> bytes, size_t & n_read) {
    ssize_t count;
    do {
        count = pread(static_cast<int>(handle), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    } while (count < 0 && errno == EINTR);
    n_read = count < 0 ? 0 : static_cast<size_t>(count);
    return count >= 0;
}

void close_file(intptr_t handle) {
    close(static_cast<int>(handle));
}

#endif

[[noreturn]] void fail_with_system_reason(const std::string & path, const std::string & action) {
    const std::string reason = system_reason();
    fail(DIA_STATUS_IO, "%s: cannot %s: %s", path.c_str(), action.c_str(), reason.c_str());
}

}  // namespace

// From the first line on there is an object, so that the destructor closes what is open when a later one throws.
InputFile::InputFile(const std::string & path) : InputFile() {
    path_ = path;
    handle_ = open_file(path);
    if (handle_ == kClosed) {
        fail_with_system_reason(path_, "open");
    }
    bool regular = false;
    if (!find_size(handle_, n_bytes_, regular)) {
        fail_with_system_reason(path_, "read the size");
    }
    if (!regular) {
        fail(DIA_STATUS_IO, "%s: not a regular file", path_.c_str());
    }
}

InputFile::~InputFile() {
    if (handle_ != kClosed) {
        close_file(handle_);
    }
}

uint64_t InputFile::current_bytes() const {
    uint64_t n_bytes = 0;
    bool regular = false;
    if (!find_size(handle_, n_bytes, regular)) {
        fail_with_system_reason(path_, "read the size");
    }
    return n_bytes;
}

void InputFile::read(uint64_t offset, span<uint8_t> bytes) const {
    while (!bytes.empty()) {
        size_t n_read = 0;
        if (!read_some(handle_, offset, bytes.subspan(0, std::min(bytes.size(), kMaxRead)), n_read)) {
            fail_with_system_reason(path_, format("read at byte %" PRIu64, offset));
        }
        if (n_read == 0) {
            fail(DIA_STATUS_IO,
                 "%s: the file ends at byte %" PRIu64 ", it had %" PRIu64 " bytes when it was opened",
                 path_.c_str(), offset, n_bytes_);
        }
        offset += n_read;
        bytes = bytes.subspan(n_read, bytes.size() - n_read);
    }
}

std::vector<uint8_t> InputFile::read_bytes(uint64_t offset, uint64_t n_bytes) const {
    std::vector<uint8_t> bytes(static_cast<size_t>(n_bytes));
    read(offset, bytes);
    return bytes;
}

}  // namespace dia
