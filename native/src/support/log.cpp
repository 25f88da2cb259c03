#include "support/log.h"

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "ggml.h"

namespace dia {

namespace {

struct Receiver {
    dia_log_fn callback = nullptr;
    void * user_data = nullptr;
};

// Shared while a callback runs, exclusive while it is replaced.
std::shared_mutex receiver_mutex;
Receiver receiver;
std::atomic<int> lowest_level{DIA_LOG_LEVEL_ERROR + 1};  // nothing passes while there is no callback
thread_local bool inside_callback = false;

void deliver(dia_log_level level, const char * message) {
    if (inside_callback) {
        return;
    }
    const std::shared_lock<std::shared_mutex> lock(receiver_mutex);
    if (receiver.callback != nullptr && log_enabled(level)) {
        inside_callback = true;
        receiver.callback(level, message, receiver.user_data);
        inside_callback = false;
    }
}

dia_log_level level_of(ggml_log_level level) {
    switch (level) {
        case GGML_LOG_LEVEL_ERROR:
            return DIA_LOG_LEVEL_ERROR;
        case GGML_LOG_LEVEL_WARN:
            return DIA_LOG_LEVEL_WARNING;
        case GGML_LOG_LEVEL_INFO:
            return DIA_LOG_LEVEL_INFO;
        default:
            return DIA_LOG_LEVEL_DEBUG;
    }
}

constexpr size_t kMaxMessage = 2048;  // longer ones are cut

// Without allocations: what ggml has to say may be that there is no memory.
thread_local char last_error_of_ggml[kMaxMessage];

// ggml logs in fragments; a line break ends a message.
void receive_from_ggml(ggml_log_level level, const char * text, void *) {
    thread_local char line[kMaxMessage];
    thread_local size_t length = 0;
    thread_local dia_log_level line_level = DIA_LOG_LEVEL_DEBUG;
    if (level != GGML_LOG_LEVEL_CONT) {
        line_level = level_of(level);
    }
    for (; *text != '\0'; ++text) {
        if (*text != '\n') {
            if (length + 1 < kMaxMessage) {
                line[length++] = *text;
            }
            continue;
        }
        line[length] = '\0';
        if (line_level == DIA_LOG_LEVEL_ERROR) {
            std::memcpy(last_error_of_ggml, line, length + 1);
        }
        if (length > 0) {
            deliver(line_level, line);
        }
        length = 0;
    }
}

// ggml ends the process after this call; what it says must not be lost.
void receive_abort(const char * message) {
    std::fprintf(stderr, "%s\n", message);
    deliver(DIA_LOG_LEVEL_ERROR, message);
}

// Before any function of ggml can log: without a callback ggml writes to stderr.
[[maybe_unused]] const bool ggml_is_routed = [] {
    ggml_log_set(receive_from_ggml, nullptr);
    ggml_set_abort_callback(receive_abort);
    return true;
}();

}  // namespace

void set_log_callback(dia_log_level level, dia_log_fn callback, void * user_data) {
    if (level < DIA_LOG_LEVEL_NONE || level > DIA_LOG_LEVEL_ERROR) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "log level is %d, expected %d to %d", static_cast<int>(level),
             static_cast<int>(DIA_LOG_LEVEL_NONE), static_cast<int>(DIA_LOG_LEVEL_ERROR));
    }
    if (inside_callback) {
        fail(DIA_STATUS_INVALID_STATE, "the log callback cannot be replaced from within the log callback");
    }
    const std::unique_lock<std::shared_mutex> lock(receiver_mutex);
    receiver = {callback, user_data};
    const bool silent = callback == nullptr || level == DIA_LOG_LEVEL_NONE;
    lowest_level = silent ? DIA_LOG_LEVEL_ERROR + 1 : static_cast<int>(level);
}

bool log_enabled(dia_log_level level) noexcept {
    return static_cast<int>(level) >= lowest_level;
}

void log(dia_log_level level, const char * format, ...) {
    if (!log_enabled(level)) {
        return;
    }
    std::va_list arguments;
    va_start(arguments, format);
    char message[kMaxMessage];
    std::vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    deliver(level, message);
}

std::string last_ggml_error() {
    return last_error_of_ggml;
}

}  // namespace dia
