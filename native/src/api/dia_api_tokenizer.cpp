// The tokenizer of the C interface.

#include <string>
#include <vector>

#include "api/api_guard.h"
#include "api/copy_out.h"
#include "api/input_text.h"
#include "dia/dia.h"
#include "text/tokenizer.h"

dia_status dia_tokenize(const char * text, int64_t n_bytes, int32_t * ids, int64_t capacity, int64_t * needed) {
    return dia::guard([&] {
        const std::vector<int32_t> encoded = dia::tokenize(dia::input_text(text, n_bytes));
        dia::copy_out<int32_t>(encoded, ids, capacity, needed, "ids");
    });
}

dia_status dia_detokenize(const int32_t * ids, int64_t n_ids, int32_t skip_special_tokens, char * text,
                          int64_t capacity, int64_t * needed) {
    return dia::guard([&] {
        dia::require_array(ids, n_ids, "ids", "n_ids");
        const dia::span<const int32_t> encoded(ids, static_cast<size_t>(n_ids));
        const std::string decoded = dia::detokenize(encoded, skip_special_tokens != 0);
        dia::copy_out<char>({decoded.data(), decoded.size()}, text, capacity, needed, "text");
    });
}
