// The types that values are stored as: what each can hold, what stands in for it, and which one is a step better.
#pragma once

#include <cstdint>
#include <vector>

#include "dia/dia.h"

namespace dia {

struct StorageType {
    dia_type type;
    uint32_t file_type;        // general.file_type of a file whose matrices have this type
    uint32_t mixed_file_type;  // the same with DIA_MIX_MEDIUM
    float largest;             // the largest value that it can hold
    dia_type fallback;         // where a row is no multiple of the block; ends at F16, which fits every row
    dia_type better;           // the next step up in precision; the type itself where there is none
};

// Every type, from the most precise to the smallest.
const std::vector<StorageType> & storage_types();

// Whether `number` is one of them.
bool is_storage_type(int32_t number);

const StorageType & storage_type(dia_type type);

// ggml's name: "q8_0".
const char * type_name(dia_type type);

// Values per block: rows are multiples of it.
int64_t block_size(dia_type type);

// Whether values are stored in blocks with a scale, and so lose more with each conversion.
bool is_quantized(dia_type type);

// Bytes of a tensor of this shape (ggml order); its rows must be multiples of the block.
uint64_t stored_bytes(dia_type type, const std::vector<int64_t> & shape);

// The type itself if rows of this size fit its blocks, else what stands in for it.
dia_type type_for_rows(dia_type type, int64_t row_size);

}  // namespace dia
