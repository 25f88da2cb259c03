#include "convert/converter.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>
#include <vector>

#include "convert/checkpoint.h"
#include "convert/hf_config.h"
#include "convert/tensor_reader.h"
#include "ggml-cpp.h"
#include "gguf/gguf_hparams.h"
#include "gguf/tensor_names.h"
#include "model/model.h"
#include "support/error.h"
#include "support/log.h"
#include "support/output_file.h"

namespace dia {

namespace {

constexpr int64_t kSliceBytes = 4 * 1024 * 1024;  // of F32 values in memory at a time

// A type of output: its number in general.file_type, and the largest value it can hold.
struct TypeRow {
    dia_type type;
    uint32_t file_type;
    float largest;
};
constexpr TypeRow kTypes[] = {
    {DIA_TYPE_F32, 0, FLT_MAX},
    {DIA_TYPE_F16, 1, 65504.0f},
    {DIA_TYPE_BF16, 32, 3.38953139e38f},
    {DIA_TYPE_Q8_0, 7, 127.0f * 65504.0f},  // the scale of a block is F16
};

const TypeRow & type_row(dia_type type) {
    const auto * row = std::find_if(std::begin(kTypes), std::end(kTypes),
                                    [type](const TypeRow & candidate) { return candidate.type == type; });
    if (row == std::end(kTypes)) {
        fail(DIA_STATUS_INTERNAL, "type %d cannot be written", static_cast<int>(type));
    }
    return *row;
}

const char * type_name(dia_type type) {
    return ggml_type_name(static_cast<ggml_type>(type));
}

void check_option(const char * name, dia_type type, TensorRole role) {
    if (type != DIA_TYPE_AUTO && !is_allowed_type(role, type)) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s is %d, expected DIA_TYPE_AUTO or the number of %s", name,
             static_cast<int>(type), allowed_types(role));
    }
}

void check_options(const ConvertOptions & options) {
    check_option("type", options.type, TensorRole::matrix);
    check_option("codec_type", options.codec_type, TensorRole::conv);
    if (options.model_dir.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "model_dir is empty");
    }
    if (options.output_path.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "output_path is empty");
    }
}

// The type that a tensor is written as.
dia_type choose_type(const TensorEntry & entry, const TensorReader & reader, const ConvertOptions & options) {
    switch (entry.role) {
        case TensorRole::matrix:
        case TensorRole::embedding: {
            const dia_type type = options.type == DIA_TYPE_AUTO ? reader.source_type() : options.type;
            const int64_t block = ggml_blck_size(static_cast<ggml_type>(type));
            if (entry.shape[0] % block != 0) {
                log(DIA_LOG_LEVEL_WARNING, "tensor %s is written as f16: its rows of %lld are no multiple of %lld",
                    entry.name.c_str(), static_cast<long long>(entry.shape[0]), static_cast<long long>(block));
                return DIA_TYPE_F16;
            }
            return type;
        }
        case TensorRole::conv:
        case TensorRole::conv_transposed: {
            const dia_type type = options.codec_type == DIA_TYPE_AUTO ? reader.source_type() : options.codec_type;
            return is_allowed_type(entry.role, type) ? type : DIA_TYPE_F32;
        }
        default:
            return DIA_TYPE_F32;
    }
}

// Writes one checkpoint pair; holds what must live until the last byte is written.
class Converter {
public:
    explicit Converter(const ConvertOptions & options) : options_(options) {
        check_options(options);
        model_.hparams = read_hf_config(options.model_dir, options.codec_dir);
        entries_ = tensor_table(model_, model_.hparams.dac.has_value());
        model_files_ = std::make_unique<Checkpoint>(options.model_dir);
        check_output(*model_files_);
        if (!options.codec_dir.empty()) {
            codec_files_ = std::make_unique<Checkpoint>(options.codec_dir);
            check_output(*codec_files_);
        }
        find_sources();
        make_directory();
    }

    void write() {
        OutputFile file(options_.output_path);
        std::vector<uint8_t> metadata(gguf_get_meta_size(directory_.get()));
        gguf_get_meta_data(directory_.get(), metadata.data());
        report_progress(0);
        file.write(metadata);
        for (size_t i = 0; i < entries_.size(); ++i) {
            write_tensor(file, i);
            pad(file);
        }
        file.commit();
        log(DIA_LOG_LEVEL_INFO, "%s: %zu tensors, %llu bytes", options_.output_path.c_str(), entries_.size(),
            static_cast<unsigned long long>(file.n_bytes()));
    }

private:
    const Checkpoint & checkpoint_of(const TensorEntry & entry) const {
        return entry.of_codec ? *codec_files_ : *model_files_;
    }

    // Renaming the result over a file that it is made of would destroy the checkpoint.
    void check_output(const Checkpoint & checkpoint) const {
        for (const std::string & path : checkpoint.paths()) {
            std::error_code ignored;
            if (std::filesystem::equivalent(std::filesystem::u8path(path),
                                            std::filesystem::u8path(options_.output_path), ignored)) {
                fail(DIA_STATUS_INVALID_ARGUMENT, "output_path is %s, a file of the checkpoint", path.c_str());
            }
        }
    }

    // Every shape and type is checked before anything is written.
    void find_sources() {
        std::set<std::string> used_by_model;
        std::set<std::string> used_by_codec;
        for (const TensorEntry & entry : entries_) {
            const TensorReader reader(checkpoint_of(entry), entry);
            types_.push_back(choose_type(entry, reader, options_));
            const std::vector<std::string> names = reader.source_names();
            (entry.of_codec ? used_by_codec : used_by_model).insert(names.begin(), names.end());
        }
        report_unused(*model_files_, used_by_model);
        if (codec_files_) {
            report_unused(*codec_files_, used_by_codec);
        }
    }

    static void report_unused(const Checkpoint & checkpoint, const std::set<std::string> & used) {
        for (const std::string & name : checkpoint.names()) {
            if (used.count(name) == 0) {
                log(DIA_LOG_LEVEL_WARNING, "%s: tensor %s is not part of the model and is left out",
                    checkpoint.folder().c_str(), name.c_str());
            }
        }
    }

    // Metadata, and the tensors' names, shapes and types.
    void make_directory() {
        directory_.reset(gguf_init_empty());
        write_general();
        write_hparams(model_.hparams, directory_.get());

        ggml_init_params params;
        params.mem_size = entries_.size() * ggml_tensor_overhead();
        params.mem_buffer = nullptr;
        params.no_alloc = true;
        const ggml_context_ptr context(ggml_init(params));
        if (!context) {
            fail(DIA_STATUS_OUT_OF_MEMORY, "memory for %zu tensors could not be allocated", entries_.size());
        }
        for (size_t i = 0; i < entries_.size(); ++i) {
            const TensorEntry & entry = entries_[i];
            ggml_tensor * tensor = ggml_new_tensor(context.get(), static_cast<ggml_type>(types_[i]),
                                                   static_cast<int>(entry.shape.size()), entry.shape.data());
            ggml_set_name(tensor, entry.name.c_str());
            gguf_add_tensor(directory_.get(), tensor);
        }
        const int64_t last = static_cast<int64_t>(entries_.size()) - 1;
        n_bytes_ = gguf_get_meta_size(directory_.get()) + gguf_get_tensor_offset(directory_.get(), last) +
                   padded(gguf_get_tensor_size(directory_.get(), last));
    }

    void write_general() const {
        int64_t n_parameters = 0;
        for (const TensorEntry & entry : entries_) {
            n_parameters += entry.of_codec ? 0 : entry.n_elements();
        }
        // The first matrix speaks for all.
        const auto first = std::find_if(entries_.begin(), entries_.end(),
                                        [](const TensorEntry & entry) { return entry.role == TensorRole::matrix; });
        const dia_type type = types_[static_cast<size_t>(first - entries_.begin())];
        gguf_set_val_str(directory_.get(), "general.type", "model");
        gguf_set_val_str(directory_.get(), "general.size_label", size_label(n_parameters).c_str());
        gguf_set_val_u32(directory_.get(), "general.file_type", type_row(type).file_type);
        gguf_set_val_u32(directory_.get(), "general.quantization_version", GGML_QNT_VERSION);
        gguf_set_val_u32(directory_.get(), "general.alignment", GGUF_DEFAULT_ALIGNMENT);
    }

    void write_tensor(OutputFile & file, size_t index) {
        const TensorEntry & entry = entries_[index];
        const TensorReader reader(checkpoint_of(entry), entry);
        const auto type = static_cast<ggml_type>(types_[index]);
        const int64_t slice = reader.slice_elements();
        const int64_t n_per_step = std::max<int64_t>(1, kSliceBytes / (slice * int64_t{sizeof(float)}));
        for (int64_t first = 0; first < reader.n_slices(); first += n_per_step) {
            const int64_t count = std::min(n_per_step, reader.n_slices() - first);
            values_.resize(static_cast<size_t>(count * slice));
            reader.read(first, count, values_);
            check_range(entry, types_[index]);

            const int64_t row = entry.shape[0];
            const int64_t n_rows = count * slice / row;
            // A tensor of one dimension is a single row, of which this may be a part; it is never quantized.
            const bool whole_rows = entry.shape.size() > 1;
            encoded_.resize(whole_rows ? static_cast<size_t>(n_rows) * ggml_row_size(type, row)
                                       : values_.size() * sizeof(float));
            if (type == GGML_TYPE_F32) {
                std::memcpy(encoded_.data(), values_.data(), encoded_.size());
            } else {
                ggml_quantize_chunk(type, values_.data(), encoded_.data(), 0, n_rows, row, nullptr);
            }
            file.write(encoded_);
            report_progress(file.n_bytes());
        }
    }

    void check_range(const TensorEntry & entry, dia_type type) const {
        float largest = 0.0f;
        for (const float value : values_) {
            largest = std::max(largest, std::fabs(value));
        }
        if (largest > type_row(type).largest) {
            fail(DIA_STATUS_UNSUPPORTED, "%s: tensor %s contains a value of magnitude %g, type %s ends at %g",
                 checkpoint_of(entry).folder().c_str(), entry.sources[0].name.c_str(), static_cast<double>(largest),
                 type_name(type), static_cast<double>(type_row(type).largest));
        }
    }

    static uint64_t padded(uint64_t n_bytes) {
        constexpr uint64_t kAlignment = GGUF_DEFAULT_ALIGNMENT;
        return (n_bytes + kAlignment - 1) / kAlignment * kAlignment;
    }

    static void pad(OutputFile & file) {
        static constexpr uint8_t kZeros[GGUF_DEFAULT_ALIGNMENT] = {};
        file.write({kZeros, static_cast<size_t>(padded(file.n_bytes()) - file.n_bytes())});
    }

    void report_progress(uint64_t done) const {
        if (options_.progress && !options_.progress(static_cast<int64_t>(done), static_cast<int64_t>(n_bytes_))) {
            fail(DIA_STATUS_CANCELLED, "%s: conversion was cancelled at byte %llu of %llu",
                 options_.output_path.c_str(), static_cast<unsigned long long>(done),
                 static_cast<unsigned long long>(n_bytes_));
        }
    }

    const ConvertOptions & options_;
    Model model_;  // its weights stay empty: only the table needs them
    std::vector<TensorEntry> entries_;
    std::vector<dia_type> types_;  // of each entry
    std::unique_ptr<Checkpoint> model_files_;
    std::unique_ptr<Checkpoint> codec_files_;
    gguf_context_ptr directory_;
    uint64_t n_bytes_ = 0;
    std::vector<float> values_;
    std::vector<uint8_t> encoded_;
};

}  // namespace

void convert_checkpoint(const ConvertOptions & options) {
    Converter(options).write();
}

}  // namespace dia
