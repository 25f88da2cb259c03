// The one table of hyper-parameters: key in a GGUF, member, and range. Reading, writing, checking and the
// documentation's test all walk it.
#pragma once

#include "dia/dia.h"
#include "gguf/hparams.h"

namespace dia {

// Limits of what this library accepts, so that no file can ask for absurd amounts of memory.
constexpr int32_t kMaxLayers = 1024;
constexpr int32_t kMaxWidth = 1 << 17;  // hidden sizes
constexpr int32_t kMaxHeads = 1024;
constexpr int32_t kMaxHeadDim = 1024;
constexpr int32_t kMaxVocabulary = 1 << 20;
constexpr int32_t kMaxPositions = 1 << 24;
constexpr int32_t kMaxDelay = 255;
constexpr int32_t kMaxRatio = 64;

// Calls visit(key, member, least, greatest) for every number and list of numbers, visit(key, member) for the rest.
// The range of a list is that of its elements. `H` is Hparams or const Hparams; `visit` is overloaded for int32_t,
// float, bool and std::vector<int32_t>.
template <typename H, typename Visitor>
void visit_hparams(H & hparams, Visitor && visit) {
    auto & e = hparams.dia.encoder;
    visit("dia.encoder.max_position_embeddings", e.max_position_embeddings, 1, kMaxPositions);
    visit("dia.encoder.num_hidden_layers", e.num_hidden_layers, 1, kMaxLayers);
    visit("dia.encoder.hidden_size", e.hidden_size, 1, kMaxWidth);
    visit("dia.encoder.num_attention_heads", e.num_attention_heads, 1, kMaxHeads);
    visit("dia.encoder.num_key_value_heads", e.num_key_value_heads, 1, kMaxHeads);
    visit("dia.encoder.head_dim", e.head_dim, 2, kMaxHeadDim);
    visit("dia.encoder.intermediate_size", e.intermediate_size, 1, kMaxWidth);
    visit("dia.encoder.vocab_size", e.vocab_size, 256, kMaxVocabulary);  // one id for every byte
    visit("dia.encoder.norm_eps", e.norm_eps, 0.0f, 1.0f);
    visit("dia.encoder.rope_theta", e.rope_theta, 1.0f, 1e12f);

    auto & d = hparams.dia.decoder;
    visit("dia.decoder.max_position_embeddings", d.max_position_embeddings, 1, kMaxPositions);
    visit("dia.decoder.num_hidden_layers", d.num_hidden_layers, 1, kMaxLayers);
    visit("dia.decoder.hidden_size", d.hidden_size, 1, kMaxWidth);
    visit("dia.decoder.intermediate_size", d.intermediate_size, 1, kMaxWidth);
    visit("dia.decoder.num_attention_heads", d.num_attention_heads, 1, kMaxHeads);
    visit("dia.decoder.num_key_value_heads", d.num_key_value_heads, 1, kMaxHeads);
    visit("dia.decoder.head_dim", d.head_dim, 2, kMaxHeadDim);
    visit("dia.decoder.cross_num_attention_heads", d.cross_num_attention_heads, 1, kMaxHeads);
    visit("dia.decoder.cross_num_key_value_heads", d.cross_num_key_value_heads, 1, kMaxHeads);
    visit("dia.decoder.cross_head_dim", d.cross_head_dim, 1, kMaxHeadDim);
    visit("dia.decoder.cross_hidden_size", d.cross_hidden_size, 1, kMaxWidth);
    visit("dia.decoder.vocab_size", d.vocab_size, 4, kMaxVocabulary);  // a code, and the three special tokens
    visit("dia.decoder.num_channels", d.num_channels, 1, int32_t{DIA_MAX_CHANNELS});
    visit("dia.decoder.norm_eps", d.norm_eps, 0.0f, 1.0f);
    visit("dia.decoder.rope_theta", d.rope_theta, 1.0f, 1e12f);

    visit("dia.bos_token_id", hparams.dia.bos_token_id, 0, kMaxVocabulary);
    visit("dia.eos_token_id", hparams.dia.eos_token_id, 1, kMaxVocabulary);
    visit("dia.pad_token_id", hparams.dia.pad_token_id, 0, kMaxVocabulary);
    visit("dia.delay_pattern", hparams.dia.delay_pattern, 0, kMaxDelay);

    auto & g = hparams.generation;
    visit("dia.generation.do_sample", g.do_sample);
    visit("dia.generation.temperature", g.temperature, 0.0f, 1e6f);
    visit("dia.generation.top_k", g.top_k, 0, kMaxVocabulary);
    visit("dia.generation.top_p", g.top_p, 1e-6f, 1.0f);
    visit("dia.generation.guidance_scale", g.guidance_scale, 0.0f, 1e6f);
    visit("dia.generation.max_length", g.max_length, 1, kMaxPositions);
}

// The same for the codec, which a file may lack.
template <typename D, typename Visitor>
void visit_dac_hparams(D & dac, Visitor && visit) {
    visit("dac.sampling_rate", dac.sampling_rate, 1, 1'000'000);
    visit("dac.hop_length", dac.hop_length, 1, 1 << 20);
    visit("dac.n_codebooks", dac.n_codebooks, 1, int32_t{DIA_MAX_CHANNELS});
    visit("dac.codebook_size", dac.codebook_size, 1, 1 << 16);
    visit("dac.codebook_dim", dac.codebook_dim, 1, 1 << 12);
    visit("dac.hidden_size", dac.hidden_size, 1, kMaxWidth);
    visit("dac.encoder_hidden_size", dac.encoder_hidden_size, 1, 1 << 13);
    visit("dac.decoder_hidden_size", dac.decoder_hidden_size, 1, kMaxWidth);
    visit("dac.downsampling_ratios", dac.downsampling_ratios, 1, kMaxRatio);
    visit("dac.upsampling_ratios", dac.upsampling_ratios, 1, kMaxRatio);
}

}  // namespace dia
