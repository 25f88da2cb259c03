// Which type each tensor of a model is written as: that of the options, more bits for some where a mix is asked
// for, what the caller names by pattern, and what stands in for a type whose blocks the rows do not fill.
#pragma once

#include <string>
#include <vector>

#include "gguf/tensor_names.h"

namespace dia {

// Tensors whose GGUF or checkpoint name fits the pattern (quantize/name_pattern.h) have this type.
struct TypeOverride {
    std::string pattern;
    dia_type type = DIA_TYPE_AUTO;
};

struct TypeOptions {
    dia_type type = DIA_TYPE_AUTO;        // Dia's matrices; AUTO: as in the source
    dia_mix mix = DIA_MIX_NONE;           // more bits for the tensors that need them
    dia_type codec_type = DIA_TYPE_AUTO;  // DAC's convolutions, F32 or F16; AUTO: as in the source, BF16 as F32
    std::vector<TypeOverride> overrides;  // the last one that fits decides
};

class TypePlan {
public:
    // Throws DIA_STATUS_INVALID_ARGUMENT, naming the option.
    explicit TypePlan(const TypeOptions & options);

    // The type that each tensor is written as; `source_types` are those that they have. Warns of each type that
    // another one stands in for. Throws DIA_STATUS_INVALID_ARGUMENT for a pattern that applies to no tensor.
    std::vector<dia_type> choose(const std::vector<TensorEntry> & entries,
                                 const std::vector<dia_type> & source_types) const;

    // general.file_type of a file with these tensors.
    uint32_t file_type(const std::vector<TensorEntry> & entries, const std::vector<dia_type> & types) const;

private:
    dia_type wanted_type(const TensorEntry & entry, dia_type source_type) const;
    dia_type matrix_type(const TensorEntry & entry, dia_type source_type) const;

    const TypeOptions options_;
};

}  // namespace dia
