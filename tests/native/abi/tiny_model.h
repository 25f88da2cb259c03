// The tiny golden model, converted once per run of the tests, through the C interface alone.
#pragma once

#include <memory>
#include <string>

#include "dia/dia.h"

namespace dia_abi {

struct Deleter {
    void operator()(dia_model * model) const { dia_model_free(model); }
    void operator()(dia_generator * generator) const { dia_generator_free(generator); }
    void operator()(dia_codec * codec) const { dia_codec_free(codec); }
    void operator()(dia_gguf * gguf) const { dia_gguf_free(gguf); }
    void operator()(dia_audio * audio) const { dia_audio_free(audio); }
    void operator()(dia_encoding * encoding) const { dia_encoding_free(encoding); }
    void operator()(dia_decoder * decoder) const { dia_decoder_free(decoder); }
};

using ModelPtr = std::unique_ptr<dia_model, Deleter>;
using GeneratorPtr = std::unique_ptr<dia_generator, Deleter>;
using CodecPtr = std::unique_ptr<dia_codec, Deleter>;
using GgufPtr = std::unique_ptr<dia_gguf, Deleter>;
using AudioPtr = std::unique_ptr<dia_audio, Deleter>;
using EncodingPtr = std::unique_ptr<dia_encoding, Deleter>;
using DecoderPtr = std::unique_ptr<dia_decoder, Deleter>;

// Path of the GGUF. Throws std::runtime_error with the library's message if it cannot be made.
const std::string & tiny_model_path();

// The loaded model. Throws as above.
const dia_model * tiny_model();

dia_config tiny_config();

GeneratorPtr make_generator(const dia_generation_params * params = nullptr);
CodecPtr make_codec(const dia_codec_params * params = nullptr);

}  // namespace dia_abi
