// The one place where an exception becomes a status. Every body of the C interface runs inside a guard:
//
//     dia_status dia_thing_create(dia_model * model, const dia_thing_params * params, dia_thing ** out) {
//         return dia::guard([&] {
//             dia::clear_output(out, "out");                  // *out stays NULL unless the call succeeds
//             dia::require(model, "model");                   // "model is NULL"
//             const auto p = dia::read_struct(params, default_thing_params());  // api/versioned_struct.h
//             *out = std::make_unique<dia_thing>(*model, p).release();
//         });
//     }
//
//     int32_t dia_thing_count(const dia_thing * thing) {
//         return dia::guard_or(0, [&] { return thing ? thing->count() : 0; });
//     }
//
// A failure is dia::fail(DIA_STATUS_IO, "what was expected and what was found"), thrown at any depth.
#pragma once

#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "api/last_error.h"
#include "dia/dia.h"
#include "support/error.h"

namespace dia {

// Translates the exception that is being handled. Must be called from a catch block.
inline dia_status status_of_current_exception() noexcept {
    try {
        throw;
    } catch (const Error & error) {
        set_last_error(error.what());
        return error.status();
    } catch (const std::bad_alloc &) {
        set_last_error("memory could not be allocated");
        return DIA_STATUS_OUT_OF_MEMORY;
    } catch (const std::exception & error) {
        set_last_error(error.what());
        return DIA_STATUS_INTERNAL;
    } catch (...) {
        set_last_error("an exception of unknown type was thrown");
        return DIA_STATUS_INTERNAL;
    }
}

// Runs `body`, which returns nothing. DIA_STATUS_OK unless it throws.
template <typename Body>
dia_status guard(Body && body) noexcept {
    static_assert(std::is_void_v<std::invoke_result_t<Body>>,
                  "a guarded body returns nothing; it fails by throwing");
    try {
        std::forward<Body>(body)();
        return DIA_STATUS_OK;
    } catch (...) {
        return status_of_current_exception();
    }
}

// Runs `body` and returns its value; `fallback` if it throws. For getters, which have no status.
template <typename Value, typename Body>
Value guard_or(Value fallback, Body && body) noexcept {
    try {
        return std::forward<Body>(body)();
    } catch (...) {
        status_of_current_exception();
        return fallback;
    }
}

// The object that a parameter points to.
template <typename T>
T & require(T * pointer, const char * name) {
    if (pointer == nullptr) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s is NULL", name);
    }
    return *pointer;
}

// An array parameter: it may be NULL only if it has no elements.
template <typename T>
void require_array(T * pointer, int64_t count, const char * name, const char * count_name) {
    if (count < 0) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s is %lld, expected at least 0", count_name,
             static_cast<long long>(count));
    }
    if (count > 0) {
        require(pointer, name);
    }
}

// What a `T **out` parameter points to, set to NULL.
template <typename T>
void clear_output(T ** out, const char * name) {
    require(out, name) = nullptr;
}

// The number behind an enumeration that came through the C interface, where it can hold any value; comparing
// the enumeration itself would be undefined outside its range.
template <typename Enum>
int32_t raw_value(const Enum & value) noexcept {
    static_assert(std::is_enum_v<Enum> && sizeof(Enum) == sizeof(int32_t));
    int32_t raw;
    std::memcpy(&raw, &value, sizeof raw);
    return raw;
}

}  // namespace dia
