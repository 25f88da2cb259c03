// A script: it becomes ids, and these become text again.
#include <vector>

#include "fuzz_target.h"

namespace {

using dia_fuzz::expect;
using dia_fuzz::succeeded;

std::vector<int32_t> tokenize(const char * text, int64_t n_bytes) {
    int64_t n_ids = 0;
    dia_tokenize(text, n_bytes, nullptr, 0, &n_ids);
    std::vector<int32_t> ids(static_cast<size_t>(n_ids));
    expect(succeeded(dia_tokenize(text, n_bytes, ids.data(), n_ids, &n_ids)), "any bytes can be tokenized");
    return ids;
}

std::vector<char> detokenize(const std::vector<int32_t> & ids) {
    const auto n_ids = static_cast<int64_t>(ids.size());
    int64_t n_bytes = 0;
    dia_detokenize(ids.data(), n_ids, 0, nullptr, 0, &n_bytes);
    std::vector<char> text(static_cast<size_t>(n_bytes));
    expect(succeeded(dia_detokenize(ids.data(), n_ids, 0, text.data(), n_bytes, &n_bytes)), "ids can be read back");
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    const std::vector<int32_t> ids = tokenize(reinterpret_cast<const char *>(data), static_cast<int64_t>(size));
    expect(ids.size() <= size, "a byte makes at most one id");
    for (const int32_t id : ids) {
        expect(id >= 0 && id < 256, "an id is a byte");
    }
    const std::vector<char> text = detokenize(ids);
    const std::vector<char> again = detokenize(tokenize(text.data(), static_cast<int64_t>(text.size())));
    expect(text == again, "text that was read back once stays as it is");
    return 0;
}
