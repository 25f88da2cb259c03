// Turns a GGUF into a Model. Every tensor of the table (gguf/tensor_names.h) is compared with the file before ggml
// sees anything of it. The weights of the processor stay in the mapped file where that is possible, and are read
// otherwise; a GPU gets copies.
#include <algorithm>
#include <array>
#include <numeric>

#include "backend/tensor_context.h"
#include "ggml-backend.h"
#include "ggml-cpp.h"
#include "ggml-cpu.h"
#include "gguf/gguf_file.h"
#include "gguf/gguf_hparams.h"
#include "gguf/model_tensor.h"
#include "gguf/storage_type.h"
#include "gguf/tensor_names.h"
#include "model/model.h"
#include "support/error.h"
#include "support/file_mapping.h"
#include "support/log.h"
#include "support/memory_ledger.h"
#include "support/process_memory.h"

namespace dia {

namespace {

constexpr size_t kMinAlignment = 32;  // what ggml's own buffers give every tensor
constexpr const char * kFileType = "general.file_type";
constexpr size_t kReadBytes = 16 * 1024 * 1024;  // between two calls of the progress function

// A row of the table and the file's tensor that fits it.
struct Match {
    const TensorEntry * entry;
    const GgufTensor * tensor;
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

Device device_of(const TensorEntry & entry, const Placement & placement) {
    switch (entry.part) {
        case ModelPart::encoder:
            return placement.of_encoder();
        case ModelPart::decoder_embeddings:
            return placement.of_embeddings();
        case ModelPart::decoder_layer:
            return placement.of_layer(entry.index);
        case ModelPart::decoder_head:
            return placement.of_head();
        case ModelPart::codec_quantizer:
            return Device();
        case ModelPart::codec_encoder:
        case ModelPart::codec_decoder:
            break;
    }
    return placement.of_codec();
}

void make_tensors(TensorContext & context, span<const Match> matches) {
    context = TensorContext::of_tensors(matches.size());
    for (const Match & match : matches) {
        const std::vector<int64_t> & shape = match.entry->shape;
        ggml_tensor * tensor =
            ggml_new_tensor(context.get(), match.tensor->type, static_cast<int>(shape.size()), shape.data());
        ggml_set_name(tensor, match.entry->name.c_str());
        *match.entry->slot = tensor;
    }
}

// A mapping begins with a page.
bool are_aligned(span<const Match> matches, size_t alignment) {
    return std::all_of(matches.begin(), matches.end(),
                       [alignment](const Match & match) { return match.tensor->offset % alignment == 0; });
}

int64_t bytes_of(span<const Match> matches) {
    return std::accumulate(matches.begin(), matches.end(), int64_t{0}, [](int64_t sum, const Match & match) {
        return sum + static_cast<int64_t>(match.tensor->n_bytes);
    });
}

void check_progress(const LoadOptions & options, const std::string & path, int64_t done, int64_t total) {
    if (options.progress && !options.progress(done, total)) {
        fail(DIA_STATUS_CANCELLED, "%s: loading was cancelled at byte %lld of %lld", path.c_str(),
             static_cast<long long>(done), static_cast<long long>(total));
    }
}

// The tensors lie in the file.
void place_in_mapping(Storage & storage, span<const Match> matches, const GgufFile & source) {
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

// Memory of a device for the tensors of a context, so many bytes.
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

// Reads weights to where their tensors are, `n_before` bytes of the model's having been read.
void read_weights(span<const Match> matches, const GgufFile & source, Device device, int64_t n_before,
                  int64_t total, const LoadOptions & options) {
    std::vector<uint8_t> piece(device.is_gpu() ? kReadBytes : 0);
    int64_t done = n_before;
    for (const Match & match : matches) {
        ggml_tensor * tensor = *match.entry->slot;
        for (uint64_t first = 0; first < match.tensor->n_bytes; first += kReadBytes) {
            const auto count = static_cast<size_t>(std::min<uint64_t>(kReadBytes, match.tensor->n_bytes - first));
            check_progress(options, source.path(), done, total);
            uint8_t * target = device.is_gpu() ? piece.data() : static_cast<uint8_t *>(tensor->data) + first;
            source.read(*match.tensor, first, {target, count});
            if (device.is_gpu()) {
                ggml_backend_tensor_set(tensor, target, static_cast<size_t>(first), count);
            }
            done += static_cast<int64_t>(count);
        }
    }
}

// Gives the weights of the processor and those of a GPU their memory, and reads what is not mapped.
void place_weights(Storage & storage, span<const Match> on_processor, span<const Match> on_gpu,
                   const GgufFile & source, Device gpu, bool mapped, const LoadOptions & options) {
    const int64_t n_processor_bytes = bytes_of(on_processor);
    const int64_t n_gpu_bytes = bytes_of(on_gpu);
    const int64_t total = n_processor_bytes + n_gpu_bytes;
    if (mapped) {
        place_in_mapping(storage, on_processor, source);
    } else if (!on_processor.empty()) {
        storage.buffer = buffer_for(storage.context, Device(), source.path(), n_processor_bytes);
        storage.ledger.resize(ggml_backend_buffer_get_size(storage.buffer.get()));
        read_weights(on_processor, source, Device(), 0, total, options);
    }
    if (!on_gpu.empty()) {
        require_gpu_memory(gpu, source.path(), n_gpu_bytes);
        storage.gpu_buffer = buffer_for(storage.gpu_context, gpu, source.path(), n_gpu_bytes);
        read_weights(on_gpu, source, gpu, n_processor_bytes, total, options);
    }
}

// The type that most bytes of a part have.
dia_type main_type(const std::vector<Match> & matches, bool of_codec) {
    std::array<uint64_t, GGML_TYPE_COUNT> n_bytes = {};
    for (const Match & match : matches) {
        if (match.entry->of_codec() == of_codec) {
            n_bytes[static_cast<size_t>(match.tensor->type)] += match.tensor->n_bytes;
        }
    }
    const auto largest = std::max_element(n_bytes.begin(), n_bytes.end());
    return static_cast<dia_type>(largest - n_bytes.begin());
}

// As the options of the command line name it: "q4_k", or "q4_k_m" if the file says that the type was mixed with
// better ones.
std::string type_label(dia_type type, const GgufFile & file) {
    std::string label = type_name(type);
    std::transform(label.begin(), label.end(), label.begin(), [](char c) { return c == 'K' ? 'k' : c; });
    const StorageType & stored = storage_type(type);
    const bool has_mix = stored.mixed_file_type != stored.file_type;
    const bool is_mixed =
        has_mix && file.has(kFileType) && file.integer(kFileType) == static_cast<int32_t>(stored.mixed_file_type);
    return is_mixed ? label + "_m" : label;
}

void describe(Model & model, const std::vector<Match> & matches, const GgufFile & file) {
    for (const Match & match : matches) {
        const TensorEntry & entry = *match.entry;
        (entry.of_codec() ? model.codec_n_parameters : model.n_parameters) += entry.n_elements();
        const auto n_bytes = static_cast<int64_t>(match.tensor->n_bytes);
        model.n_bytes += n_bytes;
        model.codec_n_bytes += entry.of_codec() ? n_bytes : 0;
        model.codec_encoder_n_bytes += entry.part == ModelPart::codec_encoder ? n_bytes : 0;
    }
    model.description = "Dia " + size_label(model.n_parameters) + " " + type_label(main_type(matches, false), file);
    if (model.dac) {
        model.description += std::string(" + DAC ") + type_name(main_type(matches, true));
    }
}

}  // namespace

std::shared_ptr<const Model> load_model(const std::string & path, const LoadOptions & options) {
    const GgufFile file(path);
    auto model = std::make_shared<Model>();
    model->hparams = read_hparams(file);
    const std::vector<TensorEntry> entries =
        tensor_table(*model, options.load_codec && model->hparams.dac.has_value());

    model->placement =
        Placement(options.device, model->hparams.dia.decoder.num_hidden_layers, options.n_gpu_layers);
    std::vector<Match> matches;
    for (const TensorEntry & entry : entries) {
        matches.push_back({&entry, &find_model_tensor(file, entry)});
    }
    report_unknown_tensors(file, matches.size());
    describe(*model, matches, file);

    const auto first_on_gpu = std::stable_partition(matches.begin(), matches.end(), [&](const Match & match) {
        return !device_of(*match.entry, model->placement).is_gpu();
    });
    const auto n_on_processor = static_cast<size_t>(first_on_gpu - matches.begin());
    const span<const Match> on_processor(matches.data(), n_on_processor);
    const span<const Match> on_gpu(matches.data() + n_on_processor, matches.size() - n_on_processor);
    model->gpu_n_bytes = bytes_of(on_gpu);
    model->process_n_bytes = std::max<int64_t>(0, resident_bytes() - live_bytes());
    model->weights_mapped = options.use_mmap && !on_processor.empty() && are_aligned(on_processor, kMinAlignment);

    const auto storage = std::make_shared<Storage>();
    make_tensors(storage->context, on_processor);
    make_tensors(storage->gpu_context, on_gpu);
    if (options.only_measure && are_aligned(matches, alignof(float))) {
        place_in_mapping(*storage, matches, file);
    } else {
        place_weights(*storage, on_processor, on_gpu, file, options.device, model->weights_mapped, options);
    }
    check_progress(options, path, model->n_bytes, model->n_bytes);
    model->storage = storage;
    model->mapping = storage->mapping;
    model->max_memory = options.max_memory;
    if (!options.only_measure) {
        log(DIA_LOG_LEVEL_INFO, "%s: %s, %lld bytes of weights, of them %lld %s and %lld on %s", path.c_str(),
            model->description.c_str(), static_cast<long long>(model->n_bytes),
            static_cast<long long>(model->n_bytes - model->gpu_n_bytes),
            model->weights_mapped ? "memory-mapped" : "read into memory",
            static_cast<long long>(model->gpu_n_bytes), model->placement.device().name());
    }
    return model;
}

}  // namespace dia
