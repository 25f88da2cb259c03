// The tiny golden model, converted once per run of the tests, through the C interface alone.
#pragma once

#include <string>

#include "dia/dia.h"
#include "handle.h"

namespace dia_abi {

using ModelPtr = Handle<dia_model>;
using GeneratorPtr = Handle<dia_generator>;
using CodecPtr = Handle<dia_codec>;
using GgufPtr = Handle<dia_gguf>;
using AudioPtr = Handle<dia_audio>;
using EncodingPtr = Handle<dia_encoding>;
using DecoderPtr = Handle<dia_decoder>;

// Path of the GGUF. Throws std::runtime_error with the library's message if it cannot be made.
const std::string & tiny_model_path();

// The loaded model. Throws as above.
const dia_model * tiny_model();

dia_config tiny_config();

GeneratorPtr make_generator(const dia_generation_params * params = nullptr);
CodecPtr make_codec(const dia_codec_params * params = nullptr);

}  // namespace dia_abi
