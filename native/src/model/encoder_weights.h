// Weights of Dia's text encoder. Shapes in ggml order, fastest first.
// H hidden_size, A num_attention_heads * head_dim, K num_key_value_heads * head_dim, I intermediate_size.
#pragma once

#include <vector>

struct ggml_tensor;

namespace dia {

struct EncoderLayerWeights {
    ggml_tensor * pre_sa_norm = nullptr;   // F32 [H]
    ggml_tensor * qkv_proj = nullptr;      // [H, A + K + K]  rows of q, then k, then v
    ggml_tensor * o_proj = nullptr;        // [A, H]
    ggml_tensor * post_sa_norm = nullptr;  // F32 [H]  the norm before the MLP, despite its name
    ggml_tensor * gate_up_proj = nullptr;  // [H, 2I]  gate first
    ggml_tensor * down_proj = nullptr;     // [I, H]
};

struct EncoderWeights {
    ggml_tensor * embedding = nullptr;  // [H, vocab_size]
    std::vector<EncoderLayerWeights> layers;
    ggml_tensor * norm = nullptr;  // F32 [H]
};

}  // namespace dia
