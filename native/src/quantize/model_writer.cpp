#include "quantize/model_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "backend/cpu_topology.h"
#include "backend/tensor_context.h"
#include "gguf/gguf_hparams.h"
#include "gguf/storage_type.h"
#include "model/model.h"
#include "quantize/row_encoder.h"
#include "support/error.h"
#include "support/log.h"

namespace dia {

namespace {

constexpr int64_t kSliceBytes = 4 * 1024 * 1024;  // of values in memory at a time

uint64_t padded(uint64_t n_bytes) {
    constexpr uint64_t kAlignment = GGUF_DEFAULT_ALIGNMENT;
    return (n_bytes + kAlignment - 1) / kAlignment * kAlignment;
}

void pad(OutputFile & file) {
    static constexpr uint8_t kZeros[GGUF_DEFAULT_ALIGNMENT] = {};
    file.write({kZeros, static_cast<size_t>(padded(file.n_bytes()) - file.n_bytes())});
}

}  // namespace

void TensorValues::read_stored(uint64_t, span<uint8_t>) const {
    fail(DIA_STATUS_INTERNAL, "%s is not laid out as in a GGUF", place().c_str());
}

std::vector<TensorEntry> entries_of(const Hparams & hparams) {
    Model model;  // only names and shapes are wanted: its weights stay empty
    model.hparams = hparams;
    std::vector<TensorEntry> entries = tensor_table(model, hparams.dac.has_value());
    for (TensorEntry & entry : entries) {
        entry.slot = nullptr;  // into that model
    }
    return entries;
}

ModelWriter::ModelWriter(const Hparams & hparams, const ModelSource & source, const WriteOptions & options,
                         const gguf_context * metadata)
    : source_(source), options_(options), plan_(options.types), entries_(entries_of(hparams)) {
    if (options.n_threads < 0) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "n_threads is %d, expected at least 0", options.n_threads);
    }
    if (!options.importance_path.empty()) {
        importance_ = Importance(options.importance_path);
        importance_.check(entries_);
    }
    choose_types();
    make_directory(hparams, metadata);
}

// Every shape and type of the source is checked here, before anything is written.
void ModelWriter::choose_types() {
    std::vector<dia_type> source_types;
    for (const TensorEntry & entry : entries_) {
        source_types.push_back(source_.tensor(entry)->type());
    }
    const std::vector<dia_type> types = plan_.choose(entries_, source_types);
    for (size_t i = 0; i < entries_.size(); ++i) {
        tensors_.push_back({&entries_[i], source_types[i], types[i], 0, stored_bytes(types[i], entries_[i].shape)});
    }
}

// Metadata, and the tensors' names, shapes and types.
void ModelWriter::make_directory(const Hparams & hparams, const gguf_context * metadata) {
    const gguf_context_ptr directory(gguf_init_empty());
    if (metadata != nullptr) {
        gguf_set_kv(directory.get(), metadata);
    }
    write_general(directory.get());
    write_hparams(hparams, directory.get());

    const TensorContext context = TensorContext::of_tensors(tensors_.size());
    for (const PlannedTensor & planned : tensors_) {
        const std::vector<int64_t> & shape = planned.entry->shape;
        ggml_tensor * tensor = ggml_new_tensor(context.get(), static_cast<ggml_type>(planned.type),
                                               static_cast<int>(shape.size()), shape.data());
        ggml_set_name(tensor, planned.entry->name.c_str());
        gguf_add_tensor(directory.get(), tensor);
    }
    directory_.resize(gguf_get_meta_size(directory.get()));
    gguf_get_meta_data(directory.get(), directory_.data());
    n_bytes_ = directory_.size();
    for (PlannedTensor & planned : tensors_) {
        planned.offset = n_bytes_;
        n_bytes_ += padded(planned.n_bytes);
    }
}

void ModelWriter::write_general(gguf_context * directory) const {
    int64_t n_parameters = 0;
    std::vector<dia_type> types;
    for (const PlannedTensor & planned : tensors_) {
        n_parameters += planned.entry->of_codec() ? 0 : planned.entry->n_elements();
        types.push_back(planned.type);
    }
    gguf_set_val_str(directory, "general.type", "model");
    gguf_set_val_str(directory, "general.size_label", size_label(n_parameters).c_str());
    gguf_set_val_u32(directory, "general.file_type", plan_.file_type(entries_, types));
    gguf_set_val_u32(directory, "general.quantization_version", GGML_QNT_VERSION);
    gguf_set_val_u32(directory, "general.alignment", GGUF_DEFAULT_ALIGNMENT);
}

void ModelWriter::write() {
    if (options_.output_path.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "output_path is empty");
    }
    OutputFile file(options_.output_path);
    report_progress(0);
    file.write(directory_);
    for (const PlannedTensor & tensor : tensors_) {
        write_tensor(file, tensor);
        pad(file);
    }
    report_progress(file.n_bytes());
    file.commit();
    log(DIA_LOG_LEVEL_INFO, "%s: %zu tensors, %llu bytes", options_.output_path.c_str(), tensors_.size(),
        static_cast<unsigned long long>(file.n_bytes()));
}

void ModelWriter::write_tensor(OutputFile & file, const PlannedTensor & tensor) {
    const std::unique_ptr<TensorValues> values = source_.tensor(*tensor.entry);
    if (tensor.type == tensor.source_type && values->is_stored()) {
        copy(file, tensor, *values);
    } else {
        encode(file, tensor, *values);
    }
}

// Bytes that stay as they are.
void ModelWriter::copy(OutputFile & file, const PlannedTensor & tensor, const TensorValues & values) {
    for (uint64_t first = 0; first < tensor.n_bytes; first += kSliceBytes) {
        encoded_.resize(static_cast<size_t>(std::min<uint64_t>(kSliceBytes, tensor.n_bytes - first)));
        values.read_stored(first, encoded_);
        file.write(encoded_);
        report_progress(file.n_bytes());
    }
}

void ModelWriter::encode(OutputFile & file, const PlannedTensor & tensor, const TensorValues & values) {
    const TensorEntry & entry = *tensor.entry;
    const int32_t n_threads = resolve_thread_count(options_.n_threads);
    const int64_t n_slices = entry.shape.back();
    const int64_t slice = entry.n_elements() / n_slices;
    const int64_t n_per_step = std::max<int64_t>(1, kSliceBytes / (slice * int64_t{sizeof(float)}));
    for (int64_t first = 0; first < n_slices; first += n_per_step) {
        const int64_t count = std::min(n_per_step, n_slices - first);
        values_.resize(static_cast<size_t>(count * slice));
        values.read(first, count, values_);
        check_range(values, tensor.type);
        // A tensor of one dimension is a single row, of which this may be a part; it is never quantized.
        const int64_t row = entry.shape.size() > 1 ? entry.shape[0] : 1;
        encoded_.resize(static_cast<size_t>(stored_bytes(tensor.type, {row, count * slice / row})));
        encode_rows(tensor.type, values_, row, importance_.columns(entry.name), encoded_, n_threads);
        file.write(encoded_);
        report_progress(file.n_bytes());
    }
}

void ModelWriter::check_range(const TensorValues & values, dia_type type) const {
    float largest = 0.0f;
    for (const float value : values_) {
        largest = std::max(largest, std::fabs(value));
    }
    if (largest > storage_type(type).largest) {
        fail(DIA_STATUS_UNSUPPORTED, "%s contains a value of magnitude %g, type %s ends at %g",
             values.place().c_str(), static_cast<double>(largest), type_name(type),
             static_cast<double>(storage_type(type).largest));
    }
}

void ModelWriter::report_progress(uint64_t done) const {
    if (options_.progress && !options_.progress(static_cast<int64_t>(done), static_cast<int64_t>(n_bytes_))) {
        fail(DIA_STATUS_CANCELLED, "%s: cancelled at byte %llu of %llu", options_.output_path.c_str(),
             static_cast<unsigned long long>(done), static_cast<unsigned long long>(n_bytes_));
    }
}

}  // namespace dia
