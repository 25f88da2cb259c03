// The processor's outputs of a golden case, taken apart into rows: what a generator is given. The reference pads
// texts on the right and audio prompts on the left; rows hold neither padding.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "golden_case.h"

namespace dia::testing {

struct GoldenRow {
    std::string text;
    std::vector<int32_t> input_ids;     // as the reference's tokenizer gives them
    std::vector<int32_t> prompt_codes;  // [frames][C], undone from the delayed decoder_input_ids; empty for none
    int64_t left_padding = 0;           // positions that the reference puts before the row
};

std::vector<GoldenRow> golden_rows(const GoldenCase & golden);

}  // namespace dia::testing
