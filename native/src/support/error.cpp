#include "support/error.h"

#include <cstdarg>
#include <cstdio>
#include <vector>

namespace dia {

namespace {

DIA_PRINTF_LIKE(1, 0)
std::string format_arguments(const char * format, std::va_list arguments) {
    std::va_list measured;
    va_copy(measured, arguments);
    const int length = std::vsnprintf(nullptr, 0, format, measured);
    va_end(measured);
    if (length < 0) {
        return format;
    }
    std::vector<char> buffer(static_cast<size_t>(length) + 1);
    std::vsnprintf(buffer.data(), buffer.size(), format, arguments);
    return std::string(buffer.data(), static_cast<size_t>(length));
}

}  // namespace

std::string format(const char * format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    std::string text = format_arguments(format, arguments);
    va_end(arguments);
    return text;
}

void fail(dia_status status, const char * format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    const std::string message = format_arguments(format, arguments);
    va_end(arguments);
    throw Error(status, message);
}

const char * status_name(dia_status status) noexcept {
    switch (status) {
        case DIA_STATUS_OK:
            return "DIA_STATUS_OK";
        case DIA_STATUS_INVALID_ARGUMENT:
            return "DIA_STATUS_INVALID_ARGUMENT";
        case DIA_STATUS_INVALID_STATE:
            return "DIA_STATUS_INVALID_STATE";
        case DIA_STATUS_OUT_OF_MEMORY:
            return "DIA_STATUS_OUT_OF_MEMORY";
        case DIA_STATUS_IO:
            return "DIA_STATUS_IO";
        case DIA_STATUS_INVALID_FILE:
            return "DIA_STATUS_INVALID_FILE";
        case DIA_STATUS_UNSUPPORTED:
            return "DIA_STATUS_UNSUPPORTED";
        case DIA_STATUS_CANCELLED:
            return "DIA_STATUS_CANCELLED";
        case DIA_STATUS_BUFFER_TOO_SMALL:
            return "DIA_STATUS_BUFFER_TOO_SMALL";
        case DIA_STATUS_TEXT_TOO_LONG:
            return "DIA_STATUS_TEXT_TOO_LONG";
        case DIA_STATUS_NOT_A_NUMBER:
            return "DIA_STATUS_NOT_A_NUMBER";
        case DIA_STATUS_INTERNAL:
            return "DIA_STATUS_INTERNAL";
        case DIA_STATUS_MEMORY_LIMIT:
            return "DIA_STATUS_MEMORY_LIMIT";
    }
    return "unknown dia_status";
}

}  // namespace dia
