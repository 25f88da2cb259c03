// Owners of the library's objects.
#pragma once

#include <memory>

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

template <typename T>
using Handle = std::unique_ptr<T, Deleter>;

}  // namespace dia_abi
