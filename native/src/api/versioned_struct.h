// Structures of dia.h that may grow: those that begin with `struct_size`, the size that the caller was
// compiled with. At most that many bytes are read or written.
//
//   older caller  (struct_size < sizeof): the fields that it lacks have their defaults.
//   newer caller  (struct_size > sizeof): the fields that this library lacks must be zero, which is what
//                 init_struct made them; anything else asks for something that would silently not happen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "api/api_guard.h"
#include "dia/dia.h"
#include "support/error.h"

namespace dia {

// Name and first released size of a structure. The size is stated by the last field that the structure had
// in its first release and never changes, whatever is appended.
template <typename Struct>
struct StructVersion;

#define DIA_FIRST_RELEASE(type, last_field)                                                           \
    template <>                                                                                       \
    struct StructVersion<type> {                                                                      \
        static constexpr const char * kName = #type;                                                  \
        static constexpr uint32_t kFirstSize = offsetof(type, last_field) + sizeof(type::last_field); \
    }

DIA_FIRST_RELEASE(dia_benchmark_params, user_data);
DIA_FIRST_RELEASE(dia_convert_params, user_data);
DIA_FIRST_RELEASE(dia_importance_params, user_data);
DIA_FIRST_RELEASE(dia_quantize_params, user_data);
DIA_FIRST_RELEASE(dia_synthesize_params, user_data);
DIA_FIRST_RELEASE(dia_tensor_info, n_bytes);
DIA_FIRST_RELEASE(dia_device_info, free_memory);
DIA_FIRST_RELEASE(dia_model_params, user_data);
DIA_FIRST_RELEASE(dia_config, n_bytes);
DIA_FIRST_RELEASE(dia_generation_params, reserved);
DIA_FIRST_RELEASE(dia_memory_request, reserved);
DIA_FIRST_RELEASE(dia_memory_estimate, total_streaming);
DIA_FIRST_RELEASE(dia_utterance, n_prompt_frames);
DIA_FIRST_RELEASE(dia_row_state, seed);
DIA_FIRST_RELEASE(dia_codec_params, reserved);
DIA_FIRST_RELEASE(dia_encoding_params, user_data);
DIA_FIRST_RELEASE(dia_decoder_params, reserved);
DIA_FIRST_RELEASE(dia_decoder_input, position_ids);

#undef DIA_FIRST_RELEASE

// No structure will be larger; a struct_size beyond it was never set.
constexpr uint32_t kMaxStructSize = 4096;

template <typename Struct>
void check_struct_size(uint32_t struct_size) {
    static_assert(std::is_trivially_copyable_v<Struct> && offsetof(Struct, struct_size) == 0);
    static_assert(sizeof(Struct) <= kMaxStructSize);
    using Version = StructVersion<Struct>;
    if (struct_size < Version::kFirstSize || struct_size > kMaxStructSize) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "struct_size of %s is %u, expected %u to %u; it must be sizeof(%s)",
             Version::kName, struct_size, Version::kFirstSize, kMaxStructSize, Version::kName);
    }
}

// Copies `value` into the caller's structure of `struct_size` bytes, which may hold anything so far.
template <typename Struct>
void init_struct(Struct * caller, uint32_t struct_size, Struct value, const char * parameter) {
    require(caller, parameter);
    check_struct_size<Struct>(struct_size);
    value.struct_size = struct_size;
    void * bytes = caller;
    std::memset(bytes, 0, struct_size);
    std::memcpy(bytes, &value, std::min<size_t>(struct_size, sizeof(Struct)));
}

// The same for a structure whose struct_size the caller has set: what `[in,out]` parameters are.
template <typename Struct>
void write_struct(Struct * caller, const Struct & value, const char * parameter) {
    init_struct(caller, require(caller, parameter).struct_size, value, parameter);
}

// A full structure out of the caller's: its fields as far as they go, then those of `defaults`.
template <typename Struct>
Struct read_struct(const Struct & caller, const Struct & defaults) {
    const uint32_t struct_size = caller.struct_size;
    check_struct_size<Struct>(struct_size);
    const void * source = &caller;
    const auto * bytes = static_cast<const unsigned char *>(source);
    for (size_t i = sizeof(Struct); i < struct_size; ++i) {
        if (bytes[i] != 0) {
            fail(
                DIA_STATUS_UNSUPPORTED,
                "%s has %u bytes, of which this library knows %zu, and byte %zu beyond them is not zero: it sets a "
                "field of a newer version",
                StructVersion<Struct>::kName, struct_size, sizeof(Struct), i);
        }
    }
    Struct result = defaults;
    void * destination = &result;
    std::memcpy(destination, source, std::min<size_t>(struct_size, sizeof(Struct)));
    result.struct_size = sizeof(Struct);
    return result;
}

// The same for an optional parameter: NULL means all defaults.
template <typename Struct>
Struct read_struct(const Struct * caller, const Struct & defaults) {
    return caller == nullptr ? defaults : read_struct(*caller, defaults);
}

}  // namespace dia
