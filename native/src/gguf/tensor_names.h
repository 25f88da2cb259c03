// The one table of tensors: which member of the weights has which name in a GGUF, which name in a Hugging Face
// checkpoint, and which shape. The converter writes by it, the loader reads by it, docs/gguf-format.md lists it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dia/dia.h"

struct ggml_tensor;

namespace dia {

struct Model;

// What a tensor is decides which types it may have.
enum class TensorRole {
    matrix,           // any storage_type
    embedding,        // any storage_type; rows are looked up, not multiplied
    norm,             // F32
    conv,             // F32 or F16
    conv_transposed,  // F32 or F16; laid out anew: the checkpoint's [in, out, kernel] becomes [out, kernel, in]
    alpha,            // F32; the checkpoint's [1, ch, 1] becomes [ch]
    bias,             // F32
    codebook,         // F32
};

// What of a model a tensor belongs to.
enum class ModelPart {
    encoder,
    decoder_embeddings,
    decoder_layer,
    decoder_head,  // and the norm before it
    codec_encoder,
    codec_quantizer,
    codec_decoder,
};

// One tensor of a checkpoint. Several of them form a fused one, row after row.
struct TensorSource {
    std::string name;
    std::vector<int64_t> shape;  // as in the checkpoint: row-major, slowest first
};

struct TensorEntry {
    std::string name;     // in the GGUF, at most 63 bytes
    std::string pattern;  // the name with {i}, {j} in place of numbers, as the documentation has it
    TensorRole role;
    std::vector<int64_t> shape;  // ggml order, fastest first
    std::vector<TensorSource> sources;
    ModelPart part;
    int index;            // of the layer, block or quantizer; 0 where there is only one
    ggml_tensor ** slot;  // the member of the weights

    bool of_codec() const { return part >= ModelPart::codec_encoder; }
    int64_t n_elements() const;
};

// Every tensor of a model with these hyper-parameters, in the order of the file. The layers of `model` are sized
// for it, and the slots point into them. `with_codec` needs hparams.dac.
std::vector<TensorEntry> tensor_table(Model & model, bool with_codec);

// Whether a tensor of this role may be stored as this type.
bool is_allowed_type(TensorRole role, dia_type type);

// The types that a role may have, for messages: "f32 or f16".
std::string allowed_types(TensorRole role);

// A shape for messages: "[2048, 1024]".
std::string shape_text(const std::vector<int64_t> & shape);

}  // namespace dia
