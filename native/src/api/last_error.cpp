#include "api/last_error.h"

#include <cstring>

namespace dia {

namespace {

// Plain memory without a destructor: usable at any moment of a thread's life, its last one included.
thread_local char message_of_thread[kMaxErrorMessage + 1];

bool is_utf8_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

}  // namespace

void set_last_error(const char * message) noexcept {
    size_t length = std::strlen(message);
    if (length <= kMaxErrorMessage) {
        // The message may be this very buffer, for example in an error that is passed on.
        std::memmove(message_of_thread, message, length + 1);
        return;
    }
    static constexpr char kEllipsis[] = "...";
    length = kMaxErrorMessage + 1 - sizeof kEllipsis;
    while (length > 0 && is_utf8_continuation(message[length])) {
        --length;
    }
    std::memmove(message_of_thread, message, length);
    std::memcpy(message_of_thread + length, kEllipsis, sizeof kEllipsis);
}

const char * last_error() noexcept {
    return message_of_thread;
}

}  // namespace dia
