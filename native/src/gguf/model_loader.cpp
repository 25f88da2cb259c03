// Turns a GGUF into a Model. Every tensor of the table (gguf/tensor_names.h) is compared with the file before ggml
// sees anything of it. On the processor the weights stay in the mapped file where that is possible, and are read
// otherwise; a GPU gets copies.
#include <algorithm>
#include <array>
#include <cstring>

#include "backend/tensor_context.h"
#include "ggml-backend.h"
#include "ggml-cpp.h"
#include "ggml-cpu.h"
#include "gguf/gguf_file.h"
#include "gguf/gguf_hparams.h"
#include "gguf/model_tensor.h"
#include "gguf/tensor_names.h"
#include "model/model.h"
#include "support/error.h"
#include "support/file_mapping.h"
#include "support/log.h"
#include "support/memory_ledger.h"
#include "support/process_memory.h"

namespace dia {

namespace {

constexpr size_t kMinAlignment = 32;             // what ggml's own buffers give every tensor
constexpr size_t kReadBytes = 16 * 1024 * 1024;  // between two calls of the progress function

// A row of the table and the file's tensor that fits it.
struct Match {
    const TensorEntry * entry;
    const GgufTensor * tensor;
    bool on_gpu;
};

// Keeps the tensors alive: first in, last out.
struct Storage {
    LedgerEntry ledger;  // of the buffer, if it is ours
    std::shared_ptr<const FileMapping> mapping;
    ggml_backend_buffer_ptr buffer;
    ggml_backend_buffer_ptr gpu_buffer;
    TensorContext context;
    TensorContext gpu_context;  // of the tensors that a GPU holds
};

// Tensors that no row of the table names are of no use here; a file with them was made for something else, too.
void report_unknown_tensors(const GgufFile & file, size_t n_known) {
    if (file.tensors().size() > n_known) {
        log(DIA_LOG_LEVEL_INFO, "%s: %zu tensors are not loaded", file.path().c_str(),
            file.tensors().size() - n_known);
    }
}

// The codec's quantizer stays on the processor.
bool is_for_gpu(const TensorEntry & entry, Device device) {
    return device.is_gpu() && entry.name.rfind("dac.quant.", 0) != 0;
}

void make_tensors(Storage & storage, const std::vector<Match> & matches) {
    storage.context = TensorContext::of_tensors(matches.size());
    storage.gpu_context = TensorContext::of_tensors(matches.size());
    for (const Match & match : matches) {
        const std::vector<int64_t> & shape = match.entry->shape;
        const TensorContext & context = match.on_gpu ? storage.gpu_context : storage.context;
        ggml_tensor * tensor =
            ggml_new_tensor(context.get(), match.tensor->type, static_cast<int>(shape.size()), shape.data());
        ggml_set_name(tensor, match.entry->name.c_str());
        *match.entry->slot = tensor;
    }
}

// A mapping begins with a page.
bool are_aligned(const std::vector<Match> & matches, size_t alignment) {
    return std::all_of(matches.begin(), matches.end(),
                       [alignment](const Match & match) { return match.tensor->offset % alignment == 0; });
}

void check_progress(const LoadOptions & options, const std::string & path, int64_t done, int64_t total) {
    if (options.progress && !options.progress(done, total)) {
        fail(DIA_STATUS_CANCELLED, "%s: loading was cancelled at byte %lld of %lld", path.c_str(),
             static_cast<long long>(done), static_cast<long long>(total));
    }
}

// The tensors lie in the file.
void place_in_mapping(Storage & storage, const std::vector<Match> & matches, const GgufFile & source) {
    storage.mapping = std::make_shared<const FileMapping>(source.file());
    const span<const uint8_t> file = storage.mapping->bytes();
    // ggml wants a pointer that it could write to; nothing writes to weights.
    storage.buffer.reset(ggml_backend_cpu_buffer_from_ptr(const_cast<uint8_t *>(file.data()), file.size()));
    if (!storage.buffer) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "a buffer over the mapped file could not be made");
    }
    for (const Match & match : matches) {
        ggml_backend_tensor_alloc(storage.buffer.get(), *match.entry->slot,
                                  const_cast<uint8_t *>(file.data()) + match.tensor->offset);
    }
}

ggml_backend_buffer_ptr buffer_for(const TensorContext & context, Device device, const std::string & path,
                                   int64_t n_bytes) {
    ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors_from_buft(context.get(), device.buffer_type()));
    if (!buffer) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "%s: memory for weights of %lld bytes could not be allocated on %s",
             path.c_str(), static_cast<long long>(n_bytes), device.name());
    }
    ggml_backend_buffer_set_usage(buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
    return buffer;
}

// A driver may grant more than there is, and fail later.
void require_gpu_memory(Device gpu, const std::string & path, int64_t n_bytes) {
    const int64_t n_free = gpu.free_memory();
    if (n_bytes > n_free) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "%s: the weights take %lld bytes, but %s (%s) has %lld free", path.c_str(),
             static_cast<long long>(n_bytes), gpu.name(), gpu.description(), static_cast<long long>(n_free));
    }
}

// The tensors are copied into memory of our own, and into that of a GPU.
void read_into_memory(Storage & storage, const std::vector<Match> & matches, const GgufFile & source,
                      const Model & model, const LoadOptions & options) {
    const int64_t n_bytes = model.n_bytes;
    if (model.gpu_n_bytes < n_bytes) {
        storage.buffer = buffer_for(storage.context, Device(), source.path(), n_bytes - model.gpu_n_bytes);
        storage.ledger.resize(ggml_backend_buffer_get_size(storage.buffer.get()));
    }
    std::vector<uint8_t> piece;
    if (model.gpu_n_bytes > 0) {
        require_gpu_memory(model.device, source.path(), model.gpu_n_bytes);
        storage.gpu_buffer = buffer_for(storage.gpu_context, model.device, source.path(), model.gpu_n_bytes);
        piece.resize(kReadBytes);
    }
    int64_t done = 0;
    for (const Match & match : matches) {
        ggml_tensor * tensor = *match.entry->slot;
        for (uint64_t first = 0; first < match.tensor->n_bytes; first += kReadBytes) {
            const auto count = static_cast<size_t>(std::min<uint64_t>(kReadBytes, match.tensor->n_bytes - first));
            check_progress(options, source.path(), done, n_bytes);
            uint8_t * target = match.on_gpu ? piece.data() : static_cast<uint8_t *>(tensor->data) + first;
            source.read(*match.tensor, first, {target, count});
            if (match.on_gpu) {
                ggml_backend_tensor_set(tensor, target, static_cast<size_t>(first), count);
            }
            done += static_cast<int64_t>(count);
        }
    }
}

// The type that most bytes of a part have.
const char * main_type(const std::vector<Match> & matches, bool of_codec) {
    std::array<uint64_t, GGML_TYPE_COUNT> n_bytes = {};
    for (const Match & match : matches) {
        if (match.entry->of_codec == of_codec) {
            n_bytes[static_cast<size_t>(match.tensor->type)] += match.tensor->n_bytes;
        }
    }
    const auto largest = std::max_element(n_bytes.begin(), n_bytes.end());
    return ggml_type_name(static_cast<ggml_type>(largest - n_bytes.begin()));
}

void describe(Model & model, const std::vector<Match> & matches) {
    for (const Match & match : matches) {
        (match.entry->of_codec ? model.codec_n_parameters : model.n_parameters) += match.entry->n_elements();
        const auto n_bytes = static_cast<int64_t>(match.tensor->n_bytes);
        const bool of_codec_encoder = match.entry->name.rfind("dac.enc.", 0) == 0;
        model.n_bytes += n_bytes;
        model.gpu_n_bytes += match.on_gpu ? n_bytes : 0;
        model.codec_n_bytes += match.entry->of_codec ? n_bytes : 0;
        model.codec_encoder_n_bytes += of_codec_encoder ? n_bytes : 0;
    }
    model.description = "Dia " + size_label(model.n_parameters) + " " + main_type(matches, false);
    if (model.dac) {
        model.description += std::string(" + DAC ") + main_type(matches, true);
    }
}

}  // namespace

std::shared_ptr<const Model> load_model(const std::string & path, const LoadOptions & options) {
    const GgufFile file(path);
    auto model = std::make_shared<Model>();
    model->hparams = read_hparams(file);
    const std::vector<TensorEntry> entries =
        tensor_table(*model, options.load_codec && model->hparams.dac.has_value());

    model->device = options.device;
    std::vector<Match> matches;
    for (const TensorEntry & entry : entries) {
        matches.push_back({&entry, &find_model_tensor(file, entry), is_for_gpu(entry, options.device)});
    }
    report_unknown_tensors(file, matches.size());
    describe(*model, matches);

    model->process_n_bytes = std::max<int64_t>(0, resident_bytes() - live_bytes());
    const auto storage = std::make_shared<Storage>();
    make_tensors(*storage, matches);
    model->weights_mapped = options.use_mmap && !options.device.is_gpu() && are_aligned(matches, kMinAlignment);
    if (model->weights_mapped || (options.only_measure && are_aligned(matches, alignof(float)))) {
        place_in_mapping(*storage, matches, file);
    } else {
        read_into_memory(*storage, matches, file, *model, options);
    }
    check_progress(options, path, model->n_bytes, model->n_bytes);
    model->storage = storage;
    model->mapping = storage->mapping;
    model->max_memory = options.max_memory;
    if (!options.only_measure) {
        log(DIA_LOG_LEVEL_INFO, "%s: %s, %lld bytes of weights %s, for %s", path.c_str(),
            model->description.c_str(), static_cast<long long>(model->n_bytes),
            model->weights_mapped ? "memory-mapped" : "read into memory", model->device.name());
    }
    return model;
}

}  // namespace dia
