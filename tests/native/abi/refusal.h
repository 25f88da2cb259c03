// Expectations on a call that must fail.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "dia/dia.h"

// The call returns `expected`, and the message of this thread contains `text`.
#define EXPECT_REFUSED(expected, call, text)                                                                 \
    do {                                                                                                     \
        const dia_status found = (call);                                                                     \
        EXPECT_EQ(found, expected) << #call << " returned " << dia_status_name(found) << ": "                \
                                   << (found == DIA_STATUS_OK ? "" : dia_last_error_message());              \
        if (found != DIA_STATUS_OK) {                                                                        \
            EXPECT_NE(std::string(dia_last_error_message()).find(text), std::string::npos)                   \
                << #call << " said \"" << dia_last_error_message() << "\", expected it to name \"" << (text) \
                << '"';                                                                                      \
        }                                                                                                    \
    } while (0)

#define EXPECT_INVALID(call, text) EXPECT_REFUSED(DIA_STATUS_INVALID_ARGUMENT, call, text)

namespace dia_abi {

// Puts a number into an enumeration that has no such member, as a caller in C or C# can.
template <typename Enum>
void set_raw(Enum & target, int32_t value) {
    static_assert(sizeof(Enum) == sizeof value);
    std::memcpy(&target, &value, sizeof value);
}

}  // namespace dia_abi
