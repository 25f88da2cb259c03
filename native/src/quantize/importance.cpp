#include "quantize/importance.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "ggml-cpp.h"
#include "gguf/gguf_file.h"
#include "support/error.h"
#include "support/log.h"
#include "support/output_file.h"

namespace dia {

namespace {

constexpr const char * kType = "imatrix";  // general.type
constexpr const char * kSums = ".in_sum2";
constexpr const char * kCounts = ".counts";

// Beside the mean of all columns: a column that was never used must not be free to take any value.
constexpr double kLeastImportance = 1e-4;

bool ends_with(const std::string & text, const std::string & end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::vector<float> floats_of(const GgufFile & file, const GgufTensor & tensor) {
    if (tensor.type != GGML_TYPE_F32) {
        fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s: expected f32, found %s", file.path().c_str(),
             tensor.name.c_str(), ggml_type_name(tensor.type));
    }
    std::vector<float> values(static_cast<size_t>(tensor.n_bytes / sizeof(float)));
    file.read(tensor, 0, {reinterpret_cast<uint8_t *>(values.data()), values.size() * sizeof(float)});
    for (const float value : values) {
        if (!std::isfinite(value) || value < 0.0f) {
            fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s contains %g, expected finite numbers from 0 on",
                 file.path().c_str(), tensor.name.c_str(), static_cast<double>(value));
        }
    }
    return values;
}

// Mean squares relative to their own mean; empty if they are all zero.
std::vector<float> importance_of(const std::vector<float> & sums) {
    const double mean = std::accumulate(sums.begin(), sums.end(), 0.0) / static_cast<double>(sums.size());
    if (!(mean > 0.0)) {
        return {};
    }
    std::vector<float> importance;
    for (const float sum : sums) {
        importance.push_back(static_cast<float>(static_cast<double>(sum) / mean + kLeastImportance));
    }
    return importance;
}

}  // namespace

Importance::Importance(const std::string & path) : path_(path) {
    const GgufFile file(path);
    if (!file.has("general.type") || file.text("general.type") != kType) {
        fail(DIA_STATUS_INVALID_FILE, "%s: not an importance matrix: general.type is not \"%s\"", path.c_str(),
             kType);
    }
    for (const GgufTensor & tensor : file.tensors()) {
        if (ends_with(tensor.name, kSums) && tensor.n_bytes > 0) {
            const std::string name = tensor.name.substr(0, tensor.name.size() - std::strlen(kSums));
            means_[name] = importance_of(floats_of(file, tensor));
        }
    }
    if (means_.empty()) {
        fail(DIA_STATUS_INVALID_FILE, "%s: the importance matrix is empty: no tensor ends with %s", path.c_str(),
             kSums);
    }
}

void Importance::check(const std::vector<TensorEntry> & entries) const {
    for (const TensorEntry & entry : entries) {
        if (empty() || entry.role != TensorRole::matrix) {
            continue;
        }
        const auto found = means_.find(entry.name);
        if (found == means_.end() || found->second.empty()) {
            log(DIA_LOG_LEVEL_WARNING, "%s: nothing is known of tensor %s: its columns matter alike", path_.c_str(),
                entry.name.c_str());
        } else if (static_cast<int64_t>(found->second.size()) != entry.shape[0]) {
            fail(DIA_STATUS_INVALID_FILE,
                 "%s: %s%s has %zu columns, the model's tensor %lld: measured on another model", path_.c_str(),
                 entry.name.c_str(), kSums, found->second.size(), static_cast<long long>(entry.shape[0]));
        }
    }
}

span<const float> Importance::columns(const std::string & name) const {
    const auto found = means_.find(name);
    return found != means_.end() ? span<const float>(found->second) : span<const float>();
}

void write_importance(const std::string & path, const std::map<std::string, ColumnSums> & sums, int64_t n_scripts) {
    size_t n_values = 0;
    for (const auto & [name, sum] : sums) {
        n_values += sum.squares.size() + 1;
    }
    // ggml's writer takes the data from tensors in memory; each is aligned to 32 bytes.
    const size_t n_tensors = 2 * sums.size();
    const ggml_init_params params = {
        n_tensors * (ggml_tensor_overhead() + GGUF_DEFAULT_ALIGNMENT) + n_values * sizeof(float), nullptr, false};
    const ggml_context_ptr context(ggml_init(params));
    const gguf_context_ptr file(gguf_init_empty());
    if (!context) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "memory for %zu tensors could not be allocated", n_tensors);
    }
    gguf_set_val_str(file.get(), "general.type", kType);
    gguf_set_val_u32(file.get(), "imatrix.chunk_count", static_cast<uint32_t>(n_scripts));
    for (const auto & [name, sum] : sums) {
        ggml_tensor * squares =
            ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, static_cast<int64_t>(sum.squares.size()));
        ggml_set_name(squares, (name + kSums).c_str());
        std::transform(sum.squares.begin(), sum.squares.end(), ggml_get_data_f32(squares),
                       [](double value) { return static_cast<float>(value); });
        ggml_tensor * counts = ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, 1);
        ggml_set_name(counts, (name + kCounts).c_str());
        *ggml_get_data_f32(counts) = static_cast<float>(sum.count);
        gguf_add_tensor(file.get(), squares);
        gguf_add_tensor(file.get(), counts);
    }
    std::vector<uint8_t> bytes(gguf_get_meta_size(file.get()));
    gguf_get_meta_data(file.get(), bytes.data());
    for (ggml_tensor * tensor = ggml_get_first_tensor(context.get()); tensor != nullptr;
         tensor = ggml_get_next_tensor(context.get(), tensor)) {
        const auto * data = static_cast<const uint8_t *>(tensor->data);
        bytes.insert(bytes.end(), data, data + ggml_nbytes(tensor));
        bytes.resize((bytes.size() + GGUF_DEFAULT_ALIGNMENT - 1) / GGUF_DEFAULT_ALIGNMENT * GGUF_DEFAULT_ALIGNMENT);
    }
    OutputFile output(path);
    output.write(bytes);
    output.commit();
}

}  // namespace dia
