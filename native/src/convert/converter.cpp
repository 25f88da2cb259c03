#include "convert/converter.h"

#include <filesystem>
#include <memory>
#include <set>
#include <vector>

#include "convert/checkpoint.h"
#include "convert/hf_config.h"
#include "convert/tensor_reader.h"
#include "support/error.h"
#include "support/log.h"

namespace dia {

namespace {

class CheckpointValues : public TensorValues {
public:
    CheckpointValues(const Checkpoint & checkpoint, const TensorEntry & entry)
        : checkpoint_(checkpoint), entry_(entry), reader_(checkpoint, entry) {}

    dia_type type() const override { return reader_.source_type(); }

    std::string place() const override { return checkpoint_.folder() + ": tensor " + entry_.sources[0].name; }

    void read(int64_t first, int64_t count, span<float> values) const override {
        reader_.read(first, count, values);
    }

private:
    const Checkpoint & checkpoint_;
    const TensorEntry & entry_;
    const TensorReader reader_;
};

// The folders of Dia and DAC.
class CheckpointSource : public ModelSource {
public:
    CheckpointSource(const ConvertOptions & options) : model_files_(options.model_dir) {
        if (!options.codec_dir.empty()) {
            codec_files_ = std::make_unique<Checkpoint>(options.codec_dir);
        }
    }

    std::unique_ptr<TensorValues> tensor(const TensorEntry & entry) const override {
        return std::make_unique<CheckpointValues>(checkpoint_of(entry), entry);
    }

    // Renaming the result over a file that it is made of would destroy the checkpoint.
    void check_output(const std::string & output_path) const {
        for (const Checkpoint * checkpoint : checkpoints()) {
            for (const std::string & path : checkpoint->paths()) {
                std::error_code ignored;
                if (std::filesystem::equivalent(std::filesystem::u8path(path), std::filesystem::u8path(output_path),
                                                ignored)) {
                    fail(DIA_STATUS_INVALID_ARGUMENT, "output_path is %s, a file of the checkpoint", path.c_str());
                }
            }
        }
    }

    // Tells of tensors that the model does not have.
    void report_unused(const std::vector<TensorEntry> & entries) const {
        std::set<std::string> used_by_model;
        std::set<std::string> used_by_codec;
        for (const TensorEntry & entry : entries) {
            const std::vector<std::string> names = TensorReader(checkpoint_of(entry), entry).source_names();
            (entry.of_codec ? used_by_codec : used_by_model).insert(names.begin(), names.end());
        }
        report_unused(model_files_, used_by_model);
        if (codec_files_) {
            report_unused(*codec_files_, used_by_codec);
        }
    }

private:
    const Checkpoint & checkpoint_of(const TensorEntry & entry) const {
        return entry.of_codec ? *codec_files_ : model_files_;
    }

    std::vector<const Checkpoint *> checkpoints() const {
        return codec_files_ ? std::vector<const Checkpoint *>{&model_files_, codec_files_.get()}
                            : std::vector<const Checkpoint *>{&model_files_};
    }

    static void report_unused(const Checkpoint & checkpoint, const std::set<std::string> & used) {
        for (const std::string & name : checkpoint.names()) {
            if (used.count(name) == 0) {
                log(DIA_LOG_LEVEL_WARNING, "%s: tensor %s is not part of the model and is left out",
                    checkpoint.folder().c_str(), name.c_str());
            }
        }
    }

    const Checkpoint model_files_;
    std::unique_ptr<const Checkpoint> codec_files_;
};

}  // namespace

void convert_checkpoint(const ConvertOptions & options) {
    if (options.model_dir.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "model_dir is empty");
    }
    if (options.write.output_path.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "output_path is empty");
    }
    Hparams hparams = read_hf_config(options.model_dir, options.codec_dir);
    if (!options.model_name.empty()) {
        hparams.name = options.model_name;
    }
    const CheckpointSource source(options);
    source.check_output(options.write.output_path);
    ModelWriter writer(hparams, source, options.write);
    source.report_unused(entries_of(hparams));
    writer.write();
}

}  // namespace dia
