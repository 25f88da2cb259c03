#include "quantize/quantizer.h"

#include <filesystem>

#include "gguf/gguf_file.h"
#include "gguf/gguf_hparams.h"
#include "gguf/gguf_values.h"
#include "gguf/model_tensor.h"
#include "gguf/storage_type.h"
#include "support/error.h"
#include "support/log.h"

namespace dia {

namespace {

// One tensor of a GGUF.
class GgufValues : public TensorValues {
public:
    GgufValues(const GgufFile & file, const TensorEntry & entry)
        : file_(file), entry_(entry), tensor_(find_model_tensor(file, entry)) {}

    dia_type type() const override { return static_cast<dia_type>(tensor_.type); }

    std::string place() const override { return file_.path() + ": tensor " + tensor_.name; }

    bool is_stored() const override { return true; }

    void read_stored(uint64_t first, span<uint8_t> bytes) const override { file_.read(tensor_, first, bytes); }

    void read(int64_t first, int64_t count, span<float> values) const override {
        read_slices(file_, tensor_, entry_.shape.back(), first, count, values);
    }

private:
    const GgufFile & file_;
    const TensorEntry & entry_;
    const GgufTensor & tensor_;
};

class GgufSource : public ModelSource {
public:
    explicit GgufSource(const GgufFile & file) : file_(file) {}

    std::unique_ptr<TensorValues> tensor(const TensorEntry & entry) const override {
        return std::make_unique<GgufValues>(file_, entry);
    }

private:
    const GgufFile & file_;
};

void check_output(const QuantizeOptions & options) {
    std::error_code ignored;
    if (std::filesystem::equivalent(std::filesystem::u8path(options.input_path),
                                    std::filesystem::u8path(options.write.output_path), ignored)) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "output_path is %s, which is the input",
             options.write.output_path.c_str());
    }
}

// Each rounding adds its errors to those before it.
void check_requantization(const GgufFile & file, const ModelWriter & writer) {
    for (const PlannedTensor & tensor : writer.tensors()) {
        if (tensor.type != tensor.source_type && is_quantized(tensor.source_type)) {
            fail(DIA_STATUS_INVALID_ARGUMENT,
                 "%s: tensor %s is %s already and would be rounded again, to %s: start from a file of f32, f16 or "
                 "bf16, or allow requantization",
                 file.path().c_str(), tensor.entry->name.c_str(), type_name(tensor.source_type),
                 type_name(tensor.type));
        }
    }
}

void report_unused(const GgufFile & file, size_t n_used) {
    if (file.tensors().size() > n_used) {
        log(DIA_LOG_LEVEL_WARNING, "%s: %zu tensors are not part of the model and are left out",
            file.path().c_str(), file.tensors().size() - n_used);
    }
}

}  // namespace

struct Quantizer::Impl {
    explicit Impl(const QuantizeOptions & options)
        : file(options.input_path),
          source(file),
          writer(read_hparams(file), source, options.write, file.metadata()) {
        if (!options.allow_requantize) {
            check_requantization(file, writer);
        }
        report_unused(file, writer.tensors().size());
    }

    const GgufFile file;
    const GgufSource source;
    ModelWriter writer;
};

Quantizer::Quantizer(const QuantizeOptions & options) {
    if (options.input_path.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "input_path is empty");
    }
    check_output(options);
    impl_ = std::make_unique<Impl>(options);
}

Quantizer::~Quantizer() = default;

const std::vector<PlannedTensor> & Quantizer::tensors() const {
    return impl_->writer.tensors();
}

uint64_t Quantizer::n_bytes() const {
    return impl_->writer.n_bytes();
}

void Quantizer::write() {
    impl_->writer.write();
}

}  // namespace dia
