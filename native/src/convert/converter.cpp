#include "convert/converter.h"

#include <filesystem>
#include <memory>
#include <set>
#include <vector>

#include "convert/checkpoint.h"
#include "convert/hf_config.h"
#include "convert/tensor_reader.h"
#include "convert/ttscpp_file.h"
#include "support/error.h"
#include "support/log.h"

namespace dia {

namespace {

// Where tensors come from: a folder or a file, with all that is in it.
class Source : public ModelSource {
public:
    virtual std::vector<std::string> names_of(const TensorEntry & entry) const = 0;
    virtual std::vector<std::string> names() const = 0;
    virtual std::vector<std::string> paths() const = 0;
    virtual std::string place() const = 0;
};

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

class CheckpointSource : public Source {
public:
    explicit CheckpointSource(const std::string & folder) : files_(folder) {}

    std::unique_ptr<TensorValues> tensor(const TensorEntry & entry) const override {
        return std::make_unique<CheckpointValues>(files_, entry);
    }
    std::vector<std::string> names_of(const TensorEntry & entry) const override {
        return TensorReader(files_, entry).source_names();
    }
    std::vector<std::string> names() const override { return files_.names(); }
    std::vector<std::string> paths() const override { return files_.paths(); }
    std::string place() const override { return files_.folder(); }

private:
    const Checkpoint files_;
};

class TtsCppSource : public Source {
public:
    explicit TtsCppSource(const std::string & path) : file_(path) {}

    const Hparams & hparams() const { return file_.hparams(); }

    std::unique_ptr<TensorValues> tensor(const TensorEntry & entry) const override { return file_.tensor(entry); }
    std::vector<std::string> names_of(const TensorEntry & entry) const override { return file_.names_of(entry); }
    std::vector<std::string> names() const override { return file_.names(); }
    std::vector<std::string> paths() const override { return {file_.path()}; }
    std::string place() const override { return file_.path(); }

private:
    const TtsCppFile file_;
};

// Dia from one source and DAC from the same or another one.
class JoinedSource : public ModelSource {
public:
    JoinedSource(std::shared_ptr<const Source> model, std::shared_ptr<const Source> codec)
        : model_(std::move(model)), codec_(std::move(codec)) {}

    std::unique_ptr<TensorValues> tensor(const TensorEntry & entry) const override {
        return source_of(entry).tensor(entry);
    }

    // Renaming the result over a file that it is made of would destroy the checkpoint.
    void check_output(const std::string & output_path) const {
        for (const Source * source : sources()) {
            for (const std::string & path : source->paths()) {
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
        for (const Source * source : sources()) {
            std::set<std::string> used;
            for (const TensorEntry & entry : entries) {
                if (&source_of(entry) == source) {
                    const std::vector<std::string> names = source->names_of(entry);
                    used.insert(names.begin(), names.end());
                }
            }
            for (const std::string & name : source->names()) {
                if (used.count(name) == 0) {
                    log(DIA_LOG_LEVEL_WARNING, "%s: tensor %s is not part of the model and is left out",
                        source->place().c_str(), name.c_str());
                }
            }
        }
    }

private:
    const Source & source_of(const TensorEntry & entry) const { return entry.of_codec() ? *codec_ : *model_; }

    std::vector<const Source *> sources() const {
        return codec_ && codec_ != model_ ? std::vector<const Source *>{model_.get(), codec_.get()}
                                          : std::vector<const Source *>{model_.get()};
    }

    const std::shared_ptr<const Source> model_;
    const std::shared_ptr<const Source> codec_;
};

void write(Hparams hparams, const JoinedSource & source, const ConvertOptions & options) {
    if (!options.model_name.empty()) {
        hparams.name = options.model_name;
    }
    source.check_output(options.write.output_path);
    ModelWriter writer(hparams, source, options.write);
    source.report_unused(entries_of(hparams));
    writer.write();
}

void convert_hugging_face(const ConvertOptions & options) {
    const Hparams hparams = read_hf_config(options.model_dir, options.codec_dir);
    const auto model = std::make_shared<CheckpointSource>(options.model_dir);
    const auto codec = options.codec_dir.empty() ? nullptr : std::make_shared<CheckpointSource>(options.codec_dir);
    write(hparams, {model, codec}, options);
}

void convert_ttscpp(const ConvertOptions & options) {
    const auto model = std::make_shared<TtsCppSource>(options.model_dir);
    if (options.codec_dir.empty()) {
        write(model->hparams(), {model, model}, options);
        return;
    }
    Hparams hparams = model->hparams();
    hparams.dac = read_hf_codec_config(options.codec_dir);
    hparams.validate(options.codec_dir);
    write(hparams, {model, std::make_shared<CheckpointSource>(options.codec_dir)}, options);
}

}  // namespace

dia_checkpoint_format checkpoint_format_of(const std::string & model_dir) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(std::filesystem::u8path(model_dir), ignored)
               ? DIA_CHECKPOINT_FORMAT_TTS_CPP
               : DIA_CHECKPOINT_FORMAT_HUGGING_FACE;
}

void convert_checkpoint(const ConvertOptions & options) {
    if (options.model_dir.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "model_dir is empty");
    }
    if (options.write.output_path.empty()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "output_path is empty");
    }
    const dia_checkpoint_format format =
        options.format == DIA_CHECKPOINT_FORMAT_AUTO ? checkpoint_format_of(options.model_dir) : options.format;
    if (format == DIA_CHECKPOINT_FORMAT_TTS_CPP) {
        convert_ttscpp(options);
    } else {
        convert_hugging_face(options);
    }
}

}  // namespace dia
