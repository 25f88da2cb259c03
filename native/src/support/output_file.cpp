#include "support/output_file.h"

#include <algorithm>
#include <filesystem>
#include <random>
#include <system_error>

#include "support/error.h"
#include "support/system_error.h"

#if defined(_WIN32)
#include "support/windows_api.h"
#else
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#endif

namespace dia {

namespace fs = std::filesystem;

namespace {

constexpr intptr_t kClosed = -1;
constexpr size_t kMaxWrite = 1 << 30;  // systems limit one call to less than 2^31 bytes

std::string temporary_path_for(const std::string & path) {
    std::random_device random;
    return format("%s.%08x.tmp", path.c_str(), static_cast<unsigned>(random()));
}

[[noreturn]] void fail_with(const char * action, const std::string & path, const std::string & reason) {
    fail(DIA_STATUS_IO, "%s: cannot %s: %s", path.c_str(), action, reason.c_str());
}

// A rename would replace a device or a pipe by a file.
void check_replaceable(const std::string & path) {
    std::error_code error;
    const fs::file_status status = fs::status(fs::u8path(path), error);
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        fail(DIA_STATUS_IO, "%s: cannot be replaced: %s", path.c_str(),
             fs::is_directory(status) ? "it is a folder" : "it is not a regular file");
    }
}

#if defined(_WIN32)

HANDLE handle_of(intptr_t handle) {
    return reinterpret_cast<HANDLE>(handle);
}

intptr_t create_file(const std::string & path) {
    return reinterpret_cast<intptr_t>(CreateFileW(fs::u8path(path).c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW,
                                                  FILE_ATTRIBUTE_NORMAL, nullptr));
}

bool write_some(intptr_t handle, span<const uint8_t> bytes, size_t & n_written) {
    DWORD count = 0;
    const bool ok = WriteFile(handle_of(handle), bytes.data(), static_cast<DWORD>(bytes.size()), &count, nullptr);
    n_written = count;
    return ok;
}

bool flush_to_disk(intptr_t handle) {
    return FlushFileBuffers(handle_of(handle));
}

void close_file(intptr_t handle) {
    CloseHandle(handle_of(handle));
}

bool rename_file(const std::string & from, const std::string & to) {
    return MoveFileExW(fs::u8path(from).c_str(), fs::u8path(to).c_str(),
                       MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
}

#else

intptr_t create_file(const std::string & path) {
    constexpr mode_t kAsTheUserWantsIt = 0666;  // less the umask
    return open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kAsTheUserWantsIt);
}

bool write_some(intptr_t handle, span<const uint8_t> bytes, size_t & n_written) {
    ssize_t count;
    do {
        count = write(static_cast<int>(handle), bytes.data(), bytes.size());
    } while (count < 0 && errno == EINTR);
    n_written = count < 0 ? 0 : static_cast<size_t>(count);
    return count >= 0;
}

bool flush_to_disk(intptr_t handle) {
    return fsync(static_cast<int>(handle)) == 0;
}

void close_file(intptr_t handle) {
    close(static_cast<int>(handle));
}

// Whoever opens `to` sees the old file or the whole new one.
bool rename_file(const std::string & from, const std::string & to) {
    return std::rename(from.c_str(), to.c_str()) == 0;
}

#endif

}  // namespace

OutputFile::OutputFile(const std::string & path) : path_(path), temporary_path_(temporary_path_for(path)) {
    check_replaceable(path);
    handle_ = create_file(temporary_path_);
    if (handle_ == kClosed) {
        fail_with("create", path_, system_reason());
    }
}

OutputFile::~OutputFile() {
    if (!temporary_path_.empty()) {
        close();
        std::error_code ignored;
        fs::remove(fs::u8path(temporary_path_), ignored);
    }
}

void OutputFile::write(span<const uint8_t> bytes) {
    while (!bytes.empty()) {
        size_t n_written = 0;
        if (!write_some(handle_, bytes.subspan(0, std::min(bytes.size(), kMaxWrite)), n_written)) {
            const std::string reason = system_reason();
            fail_with(format("write at byte %llu", static_cast<unsigned long long>(n_bytes_)).c_str(), path_,
                      reason);
        }
        n_bytes_ += n_written;
        bytes = bytes.subspan(n_written, bytes.size() - n_written);
    }
}

void OutputFile::commit() {
    if (!flush_to_disk(handle_)) {
        fail_with("write to the disk", path_, system_reason());
    }
    close();
    if (!rename_file(temporary_path_, path_)) {
        fail_with("rename the temporary file to it", path_, system_reason());
    }
    temporary_path_.clear();
}

void OutputFile::close() noexcept {
    if (handle_ != kClosed) {
        close_file(handle_);
        handle_ = kClosed;
    }
}

}  // namespace dia
