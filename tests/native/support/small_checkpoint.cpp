#include "small_checkpoint.h"

#include <cstring>
#include <filesystem>

#include "convert/converter.h"
#include "gguf/tensor_names.h"
#include "model/model.h"

namespace dia::testing {

namespace {

using nlohmann::json;

// Any fixed values will do, so long as a wrong place shows.
std::vector<float> made_up_values(int64_t count, uint32_t & state) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float & value : values) {
        state = state * 1664525u + 1013904223u;
        value = static_cast<float>(state >> 8) / static_cast<float>(1 << 24) - 0.5f;
    }
    return values;
}

json config_of(const DiaHparams & dia) {
    const EncoderHparams & e = dia.encoder;
    const DecoderHparams & d = dia.decoder;
    const json rope = {{"rope_type", "default"}, {"rope_theta", 10000.0}};
    return {
        {"model_type", "dia"},
        {"encoder_config",
         {{"max_position_embeddings", e.max_position_embeddings},
          {"num_hidden_layers", e.num_hidden_layers},
          {"hidden_size", e.hidden_size},
          {"num_attention_heads", e.num_attention_heads},
          {"num_key_value_heads", e.num_key_value_heads},
          {"head_dim", e.head_dim},
          {"intermediate_size", e.intermediate_size},
          {"vocab_size", e.vocab_size},
          {"norm_eps", e.norm_eps},
          {"hidden_act", "silu"},
          {"rope_parameters", rope}}},
        {"decoder_config",
         {{"max_position_embeddings", d.max_position_embeddings},
          {"num_hidden_layers", d.num_hidden_layers},
          {"hidden_size", d.hidden_size},
          {"intermediate_size", d.intermediate_size},
          {"num_attention_heads", d.num_attention_heads},
          {"num_key_value_heads", d.num_key_value_heads},
          {"head_dim", d.head_dim},
          {"cross_num_attention_heads", d.cross_num_attention_heads},
          {"cross_num_key_value_heads", d.cross_num_key_value_heads},
          {"cross_head_dim", d.cross_head_dim},
          {"cross_hidden_size", d.cross_hidden_size},
          {"vocab_size", d.vocab_size},
          {"num_channels", d.num_channels},
          {"norm_eps", d.norm_eps},
          {"hidden_act", "silu"},
          {"rope_parameters", rope},
          {"bos_token_id", dia.bos_token_id},
          {"eos_token_id", dia.eos_token_id},
          {"pad_token_id", dia.pad_token_id}}},
        {"delay_pattern", dia.delay_pattern},
    };
}

json config_of(const DacHparams & dac) {
    return {
        {"model_type", "dac"},
        {"sampling_rate", dac.sampling_rate},
        {"hop_length", dac.hop_length},
        {"n_codebooks", dac.n_codebooks},
        {"codebook_size", dac.codebook_size},
        {"codebook_dim", dac.codebook_dim},
        {"hidden_size", dac.hidden_size},
        {"encoder_hidden_size", dac.encoder_hidden_size},
        {"decoder_hidden_size", dac.decoder_hidden_size},
        {"downsampling_ratios", dac.downsampling_ratios},
        {"upsampling_ratios", dac.upsampling_ratios},
    };
}

std::string length_prefix(uint64_t length) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) {
        bytes += static_cast<char>(length >> (8 * i) & 0xff);
    }
    return bytes;
}

}  // namespace

std::string safetensors_of(const RawTensors & tensors) {
    json header = json::object();
    std::string data;
    for (const auto & [name, tensor] : tensors) {
        header[name] = {{"dtype", tensor.type},
                        {"shape", tensor.shape},
                        {"data_offsets", {data.size(), data.size() + tensor.bytes.size()}}};
        data += tensor.bytes;
    }
    const std::string text = header.dump();
    return length_prefix(text.size()) + text + data;
}

RawTensor raw_floats(const std::vector<int64_t> & shape, const std::vector<float> & values) {
    std::string bytes(values.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return {"F32", shape, bytes};
}

Hparams small_hparams() {
    Hparams hparams;
    hparams.dia.encoder = {64, 2, 32, 4, 2, 10, 64, 256, 1e-5f, 10000.0f};
    hparams.dia.decoder = {128, 2, 64, 96, 6, 3, 8, 2, 1, 32, 32, 20, 3, 1e-5f, 10000.0f};
    hparams.dia.bos_token_id = 18;
    hparams.dia.eos_token_id = 16;
    hparams.dia.pad_token_id = 17;
    hparams.dia.delay_pattern = {0, 2, 3};
    DacHparams & dac = hparams.dac.emplace();
    dac = {8000, 8, 3, 16, 4, 12, 2, 20, {2, 4}, {4, 2}};
    return hparams;
}

SmallCheckpoint::SmallCheckpoint(const Hparams & hparams)
    : config(config_of(hparams.dia)), codec_config(config_of(*hparams.dac)) {
    Model names;
    names.hparams = hparams;
    uint32_t state = 1;
    for (const TensorEntry & entry : tensor_table(names, true)) {
        for (const TensorSource & source : entry.sources) {
            int64_t count = 1;
            for (const int64_t size : source.shape) {
                count *= size;
            }
            (entry.of_codec() ? codec_tensors : tensors)[source.name] =
                raw_floats(source.shape, made_up_values(count, state));
        }
    }
}

void SmallCheckpoint::write(const TemporaryFolder & folder) const {
    std::filesystem::create_directory(std::filesystem::u8path(folder.path("dia")));
    std::filesystem::create_directory(std::filesystem::u8path(folder.path("dac")));
    folder.write("dia/config.json", config.dump());
    folder.write("dac/config.json", codec_config.dump());
    folder.write("dia/model.safetensors", safetensors_of(tensors));
    folder.write("dac/model.safetensors", safetensors_of(codec_tensors));
}

std::string convert_small(const TemporaryFolder & folder) {
    ConvertOptions options;
    options.model_dir = folder.path("dia");
    options.codec_dir = folder.path("dac");
    options.write.output_path = folder.path("out.gguf");
    convert_checkpoint(options);
    return options.write.output_path;
}

}  // namespace dia::testing
