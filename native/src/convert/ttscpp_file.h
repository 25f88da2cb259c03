// The GGUF files that TTS.cpp makes of Dia, as a source of tensors: they have other names, projections are not
// fused, each channel has its own embedding and head, and of the codec only the quantizers and the decoder are
// there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gguf/gguf_file.h"
#include "gguf/hparams.h"
#include "quantize/model_writer.h"

namespace dia {

class TtsCppFile : public ModelSource {
public:
    // Throws DIA_STATUS_IO, DIA_STATUS_INVALID_FILE or, for a delay pattern that such a file cannot state,
    // DIA_STATUS_UNSUPPORTED.
    explicit TtsCppFile(const std::string & path);

    const std::string & path() const { return file_.path(); }

    // From the file's metadata and the shapes of its tensors; what neither tells is as in the published model.
    const Hparams & hparams() const { return hparams_; }

    std::unique_ptr<TensorValues> tensor(const TensorEntry & entry) const override;

    // The file's names of the tensors that an entry is made of.
    std::vector<std::string> names_of(const TensorEntry & entry) const;

    // Every name in the file.
    std::vector<std::string> names() const;

private:
    const GgufFile file_;
    const Hparams hparams_;
};

}  // namespace dia
