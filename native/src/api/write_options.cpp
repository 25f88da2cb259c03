#include "api/write_options.h"

#include "api/api_guard.h"
#include "gguf/storage_type.h"

namespace dia {

dia_type type_of(const dia_type & type, const char * name) {
    const int32_t number = raw_value(type);
    if (number != DIA_TYPE_AUTO && !is_storage_type(number)) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s is %d, which is no dia_type", name, number);
    }
    return static_cast<dia_type>(number);
}

dia_mix mix_of(const dia_mix & mix) {
    const int32_t number = raw_value(mix);
    if (number != DIA_MIX_NONE && number != DIA_MIX_MEDIUM) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "mix is %d, which is no dia_mix", number);
    }
    return static_cast<dia_mix>(number);
}

std::vector<TypeOverride> overrides_of(const dia_type_override * overrides, int64_t n_overrides) {
    require_array(overrides, n_overrides, "overrides", "n_overrides");
    std::vector<TypeOverride> result;
    for (int64_t i = 0; i < n_overrides; ++i) {
        if (overrides[i].reserved != 0) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "reserved of override %lld is %u, expected 0",
                 static_cast<long long>(i), overrides[i].reserved);
        }
        result.push_back({&require(overrides[i].pattern, "the pattern of an override"),
                          type_of(overrides[i].type, "the type of an override")});
    }
    return result;
}

}  // namespace dia
