// What the JSON files of a Hugging Face checkpoint say: config.json in its older and newer spelling,
// generation_config.json, the tokenizer's and the feature extractor's files, and the codec's config.json.
#pragma once

#include <string>

#include "gguf/hparams.h"

namespace dia {

// Reads and checks all of them. `codec_dir` is empty for a model without codec. Throws DIA_STATUS_IO,
// DIA_STATUS_INVALID_FILE or, where a file asks for what this library lacks, DIA_STATUS_UNSUPPORTED; the message
// names the file and the member.
Hparams read_hf_config(const std::string & model_dir, const std::string & codec_dir);

// The codec's alone; the numbers are not compared with those of a model.
DacHparams read_hf_codec_config(const std::string & codec_dir);

}  // namespace dia
