// Weights of Dia's audio decoder. Shapes in ggml order, fastest first.
// H hidden_size, A num_attention_heads * head_dim, K num_key_value_heads * head_dim, I intermediate_size,
// X cross_num_attention_heads * cross_head_dim, Y cross_num_key_value_heads * cross_head_dim,
// E cross_hidden_size, C num_channels, V vocab_size.
#pragma once

#include <vector>

struct ggml_tensor;

namespace dia {

struct DecoderLayerWeights {
    ggml_tensor * pre_sa_norm = nullptr;    // F32 [H]
    ggml_tensor * qkv_proj = nullptr;       // [H, A + K + K]  rows of q, then k, then v
    ggml_tensor * o_proj = nullptr;         // [A, H]
    ggml_tensor * pre_ca_norm = nullptr;    // F32 [H]
    ggml_tensor * cross_q_proj = nullptr;   // [H, X]
    ggml_tensor * cross_kv_proj = nullptr;  // [E, Y + Y]  rows of k, then v
    ggml_tensor * cross_o_proj = nullptr;   // [X, H]
    ggml_tensor * pre_mlp_norm = nullptr;   // F32 [H]
    ggml_tensor * gate_up_proj = nullptr;   // [H, 2I]  gate first
    ggml_tensor * down_proj = nullptr;      // [I, H]
};

struct DecoderWeights {
    ggml_tensor * embeddings = nullptr;  // [H, C * V]  row channel * V + token
    std::vector<DecoderLayerWeights> layers;
    ggml_tensor * norm = nullptr;          // F32 [H]
    ggml_tensor * logits_dense = nullptr;  // [H, C * V]  row channel * V + token
};

}  // namespace dia
