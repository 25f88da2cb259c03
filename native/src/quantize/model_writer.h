// Writes the GGUF of a model, tensor by tensor, whatever the values come from: a checkpoint (convert/converter.h)
// or another GGUF (quantize/quantizer.h). Memory stays at a few megabytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ggml-cpp.h"
#include "gguf/hparams.h"
#include "gguf/tensor_names.h"
#include "quantize/importance.h"
#include "quantize/type_plan.h"
#include "support/output_file.h"
#include "support/span.h"

namespace dia {

// One tensor of the source. A slice is one step of its slowest size: a row of a matrix.
class TensorValues {
public:
    virtual ~TensorValues() = default;

    // The type that it has.
    virtual dia_type type() const = 0;

    // File and tensor, for messages: "model.gguf: tensor dia.enc.output_norm.weight".
    virtual std::string place() const = 0;

    // Reads `count` slices as F32. Throws DIA_STATUS_INVALID_FILE for a value that is not finite.
    virtual void read(int64_t first, int64_t count, span<float> values) const = 0;

    // Whether its bytes are laid out as in a GGUF.
    virtual bool is_stored() const { return false; }

    // Reads these bytes, from `first` on.
    virtual void read_stored(uint64_t first, span<uint8_t> bytes) const;
};

class ModelSource {
public:
    virtual ~ModelSource() = default;
    virtual std::unique_ptr<TensorValues> tensor(const TensorEntry & entry) const = 0;
};

struct WriteOptions {
    TypeOptions types;
    std::string importance_path;  // empty: every column matters alike
    int32_t n_threads = 0;        // 0: the physical cores
    std::string output_path;
    std::function<bool(int64_t done, int64_t total)> progress;  // bytes; false stops with DIA_STATUS_CANCELLED
};

// A tensor as it will be written.
struct PlannedTensor {
    const TensorEntry * entry;
    dia_type source_type;
    dia_type type;
    uint64_t offset;  // bytes from the start of the file
    uint64_t n_bytes;
};

class ModelWriter {
public:
    // Chooses every type and makes the file's directory; nothing is written. `metadata`, if given, are further
    // entries of the source to keep. `source` must outlive the writer. Throws Error.
    ModelWriter(const Hparams & hparams, const ModelSource & source, const WriteOptions & options,
                const gguf_context * metadata = nullptr);

    const std::vector<PlannedTensor> & tensors() const { return tensors_; }
    uint64_t n_bytes() const { return n_bytes_; }

    // Writes the file. Throws Error; then nothing is left behind under its name.
    void write();

private:
    void choose_types();
    void make_directory(const Hparams & hparams, const gguf_context * metadata);
    void write_general(gguf_context * directory) const;
    void write_tensor(OutputFile & file, const PlannedTensor & tensor);
    void copy(OutputFile & file, const PlannedTensor & tensor, const TensorValues & values);
    void encode(OutputFile & file, const PlannedTensor & tensor, const TensorValues & values);
    void check_range(const TensorValues & values, dia_type type) const;
    void report_progress(uint64_t done) const;

    const ModelSource & source_;
    const WriteOptions options_;
    const TypePlan plan_;
    Importance importance_;
    std::vector<TensorEntry> entries_;
    std::vector<PlannedTensor> tensors_;
    std::vector<uint8_t> directory_;  // the file up to its first tensor
    uint64_t n_bytes_ = 0;
    std::vector<float> values_;
    std::vector<uint8_t> encoded_;
};

// The entries of a model's file.
std::vector<TensorEntry> entries_of(const Hparams & hparams);

}  // namespace dia
