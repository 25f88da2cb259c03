// The one error type of the core: thrown deep, translated once at the C ABI (api/api_guard.h).
#pragma once

#include <stdexcept>
#include <string>

#include "dia/dia.h"

namespace dia {

class Error : public std::runtime_error {
public:
    Error(dia_status status, const std::string & message) : std::runtime_error(message), status_(status) {}

    dia_status status() const noexcept { return status_; }

private:
    dia_status status_;
};

#if defined(__GNUC__)
#define DIA_PRINTF_LIKE(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))
#else
#define DIA_PRINTF_LIKE(format_index, first_argument)
#endif

// Formats as printf does.
std::string format(const char * format, ...) DIA_PRINTF_LIKE(1, 2);

// Throws Error with a formatted message. A message carries the numbers: what was expected, what was found.
[[noreturn]] void fail(dia_status status, const char * format, ...) DIA_PRINTF_LIKE(2, 3);

// The name of a status, for example "DIA_STATUS_IO".
const char * status_name(dia_status status) noexcept;

}  // namespace dia
