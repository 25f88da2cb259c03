// Every number of the architecture, as the configuration of the checkpoint states it. Read from GGUF
// metadata (hparams.cpp) or from config.json (convert/hf_config.cpp), and range-checked in one place,
// validate(). Names are those of the Hugging Face configuration classes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dia {

struct EncoderHparams {
    int32_t max_position_embeddings = 1024;  // longest text, in bytes
    int32_t num_hidden_layers = 12;
    int32_t hidden_size = 1024;
    int32_t num_attention_heads = 16;
    int32_t num_key_value_heads = 16;
    int32_t head_dim = 128;  // heads * head_dim is not hidden_size
    int32_t intermediate_size = 4096;
    int32_t vocab_size = 256;
    float norm_eps = 1e-5f;
    float rope_theta = 10000.0f;
};

struct DecoderHparams {
    int32_t max_position_embeddings = 3072;  // soft limit: RoPE continues past it
    int32_t num_hidden_layers = 18;
    int32_t hidden_size = 2048;
    int32_t intermediate_size = 8192;
    int32_t num_attention_heads = 16;  // self-attention
    int32_t num_key_value_heads = 4;
    int32_t head_dim = 128;
    int32_t cross_num_attention_heads = 16;  // cross-attention
    int32_t cross_num_key_value_heads = 16;
    int32_t cross_head_dim = 128;
    int32_t cross_hidden_size = 1024;  // width of the encoder states
    int32_t vocab_size = 1028;         // per channel: codes, EOS, PAD, BOS, one unused
    int32_t num_channels = 9;
    float norm_eps = 1e-5f;
    float rope_theta = 10000.0f;
};

struct DiaHparams {
    EncoderHparams encoder;
    DecoderHparams decoder;
    int32_t bos_token_id = 1026;
    int32_t eos_token_id = 1024;  // codes are the ids below it
    int32_t pad_token_id = 1025;
    std::vector<int32_t> delay_pattern = {0, 8, 9, 10, 11, 12, 13, 14, 15};  // one per channel; the first is 0

    // The largest delay: positions between a frame's first and its last channel.
    int32_t max_delay() const;
};

struct DacHparams {
    int32_t sampling_rate = 44100;
    int32_t hop_length = 512;  // product of the ratios
    int32_t n_codebooks = 9;
    int32_t codebook_size = 1024;
    int32_t codebook_dim = 8;
    int32_t hidden_size = 1024;  // latent
    int32_t encoder_hidden_size = 64;
    int32_t decoder_hidden_size = 1536;
    std::vector<int32_t> downsampling_ratios = {2, 4, 8, 8};  // even, so that lengths are exact multiples
    std::vector<int32_t> upsampling_ratios = {8, 8, 4, 2};
    bool has_encoder = true;  // false: it turns codes into samples, and not back
};

// What generation_config.json states; an absent value means the library's default.
struct GenerationDefaults {
    bool do_sample = true;
    float temperature = 1.2f;
    int32_t top_k = 45;
    float top_p = 0.95f;
    float guidance_scale = 3.0f;
    int32_t max_length = 3072;
};

struct Hparams {
    DiaHparams dia;
    std::optional<DacHparams> dac;  // nothing in a file without codec
    GenerationDefaults generation;
    std::string name;  // general.name, for people

    // Throws DIA_STATUS_INVALID_FILE, naming `source`, the field, its range and its value.
    void validate(const std::string & source) const;
};

}  // namespace dia
