#include "quantize/type_plan.h"

#include <algorithm>
#include <map>

#include "gguf/storage_type.h"
#include "quantize/name_pattern.h"
#include "support/error.h"
#include "support/log.h"

namespace dia {

namespace {

// What DIA_MIX_MEDIUM stores more precisely, and by how many steps (StorageType::better). docs/quantization.md
// shows the measurements behind it.
struct MixRule {
    const char * pattern;
    int n_steps;
};
constexpr MixRule kMediumMix[] = {
    {"dia.enc.token_embd.", 2},          {"dia.dec.blk.*.attn_qkv.", 1}, {"dia.dec.blk.*.attn_output.", 1},
    {"dia.dec.blk.*.cross_attn_kv.", 1}, {"dia.dec.blk.*.ffn_down.", 1}, {"dia.dec.output.", 1},
};

void check_option(const char * name, dia_type type, TensorRole role) {
    if (type != DIA_TYPE_AUTO && !is_allowed_type(role, type)) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s is %d, expected DIA_TYPE_AUTO or the number of %s", name,
             static_cast<int>(type), allowed_types(role).c_str());
    }
}

void check_override(const TypeOverride & given) {
    if (given.pattern.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "the pattern of an override is empty");
    }
    if (!is_storage_type(given.type)) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "the override \"%s\" has the type %d, expected the number of %s",
             given.pattern.c_str(), static_cast<int>(given.type), allowed_types(TensorRole::matrix).c_str());
    }
}

bool fits(const TensorEntry & entry, const std::string & pattern) {
    return contains_pattern(entry.name, pattern) ||
           std::any_of(entry.sources.begin(), entry.sources.end(),
                       [&](const TensorSource & source) { return contains_pattern(source.name, pattern); });
}

bool applies(const TensorEntry & entry, const TypeOverride & given) {
    return is_allowed_type(entry.role, given.type) && fits(entry, given.pattern);
}

bool is_matrix(const TensorEntry & entry) {
    return entry.role == TensorRole::matrix || entry.role == TensorRole::embedding;
}

dia_type improved(dia_type type, const TensorEntry & entry) {
    for (const MixRule & rule : kMediumMix) {
        for (int i = 0; i < rule.n_steps && contains_pattern(entry.name, rule.pattern); ++i) {
            type = storage_type(type).better;
        }
    }
    return type;
}

}  // namespace

TypePlan::TypePlan(const TypeOptions & options) : options_(options) {
    check_option("type", options.type, TensorRole::matrix);
    check_option("codec_type", options.codec_type, TensorRole::conv);
    if (options.mix != DIA_MIX_NONE && (options.type == DIA_TYPE_AUTO || !is_quantized(options.type))) {
        fail(DIA_STATUS_INVALID_ARGUMENT,
             "a mix needs a type with blocks, such as DIA_TYPE_Q4_K (%d); type is %d (%s)",
             static_cast<int>(DIA_TYPE_Q4_K), static_cast<int>(options.type),
             options.type == DIA_TYPE_AUTO ? "auto" : type_name(options.type));
    }
    std::for_each(options.overrides.begin(), options.overrides.end(), check_override);
}

dia_type TypePlan::matrix_type(const TensorEntry & entry, dia_type source_type) const {
    const dia_type type = options_.type == DIA_TYPE_AUTO ? source_type : options_.type;
    return options_.mix == DIA_MIX_NONE ? type : improved(type, entry);
}

dia_type TypePlan::wanted_type(const TensorEntry & entry, dia_type source_type) const {
    const auto given = std::find_if(options_.overrides.rbegin(), options_.overrides.rend(),
                                    [&](const TypeOverride & candidate) { return applies(entry, candidate); });
    if (given != options_.overrides.rend()) {
        return given->type;
    }
    if (is_matrix(entry)) {
        return matrix_type(entry, source_type);
    }
    if (entry.role == TensorRole::conv || entry.role == TensorRole::conv_transposed) {
        const dia_type type = options_.codec_type == DIA_TYPE_AUTO ? source_type : options_.codec_type;
        return is_allowed_type(entry.role, type) ? type : DIA_TYPE_F32;
    }
    return DIA_TYPE_F32;
}

std::vector<dia_type> TypePlan::choose(const std::vector<TensorEntry> & entries,
                                       const std::vector<dia_type> & source_types) const {
    for (const TypeOverride & given : options_.overrides) {
        if (std::none_of(entries.begin(), entries.end(),
                         [&](const TensorEntry & entry) { return applies(entry, given); })) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "the override \"%s\" fits no tensor that may be %s",
                 given.pattern.c_str(), type_name(given.type));
        }
    }
    std::vector<dia_type> types;
    for (size_t i = 0; i < entries.size(); ++i) {
        const TensorEntry & entry = entries[i];
        const dia_type wanted = wanted_type(entry, source_types[i]);
        types.push_back(type_for_rows(wanted, entry.shape[0]));
        if (types.back() != wanted) {
            log(DIA_LOG_LEVEL_WARNING,
                "tensor %s is written as %s: its rows of %lld are no multiple of %lld, the block of %s",
                entry.name.c_str(), type_name(types.back()), static_cast<long long>(entry.shape[0]),
                static_cast<long long>(block_size(wanted)), type_name(wanted));
        }
    }
    return types;
}

uint32_t TypePlan::file_type(const std::vector<TensorEntry> & entries, const std::vector<dia_type> & types) const {
    std::map<dia_type, uint64_t> n_bytes;
    for (size_t i = 0; i < entries.size(); ++i) {
        if (is_matrix(entries[i])) {
            n_bytes[types[i]] += stored_bytes(types[i], entries[i].shape);
        }
    }
    const auto largest = std::max_element(n_bytes.begin(), n_bytes.end(),
                                          [](const auto & a, const auto & b) { return a.second < b.second; });
    const StorageType & type = storage_type(largest->first);
    return options_.mix == DIA_MIX_NONE ? type.file_type : type.mixed_file_type;
}

}  // namespace dia
