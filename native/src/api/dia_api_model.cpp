// The part of the C interface that loads models and tells their numbers.

#include <algorithm>
#include <memory>

#include "api/api_guard.h"
#include "api/model_handle.h"
#include "api/progress.h"
#include "api/versioned_struct.h"
#include "dia/dia.h"
#include "generation/memory_budget.h"
#include "generation/placement_choice.h"
#include "support/error.h"

namespace {

dia_model_params default_model_params() {
    const dia::LoadOptions defaults;
    dia_model_params params = {};
    params.struct_size = sizeof(params);
    params.use_mmap = defaults.use_mmap ? 1 : 0;
    params.load_codec = defaults.load_codec ? 1 : 0;
    params.n_gpu_layers = dia::kLayersThatFit;
    return params;
}

void set_encoder(dia_config & config, const dia::EncoderHparams & encoder) {
    config.encoder_max_position_embeddings = encoder.max_position_embeddings;
    config.encoder_num_hidden_layers = encoder.num_hidden_layers;
    config.encoder_hidden_size = encoder.hidden_size;
    config.encoder_num_attention_heads = encoder.num_attention_heads;
    config.encoder_num_key_value_heads = encoder.num_key_value_heads;
    config.encoder_head_dim = encoder.head_dim;
    config.encoder_intermediate_size = encoder.intermediate_size;
    config.encoder_vocab_size = encoder.vocab_size;
    config.encoder_norm_eps = encoder.norm_eps;
    config.encoder_rope_theta = encoder.rope_theta;
}

void set_decoder(dia_config & config, const dia::DecoderHparams & decoder) {
    config.decoder_max_position_embeddings = decoder.max_position_embeddings;
    config.decoder_num_hidden_layers = decoder.num_hidden_layers;
    config.decoder_hidden_size = decoder.hidden_size;
    config.decoder_num_attention_heads = decoder.num_attention_heads;
    config.decoder_num_key_value_heads = decoder.num_key_value_heads;
    config.decoder_head_dim = decoder.head_dim;
    config.decoder_cross_num_attention_heads = decoder.cross_num_attention_heads;
    config.decoder_cross_num_key_value_heads = decoder.cross_num_key_value_heads;
    config.decoder_cross_head_dim = decoder.cross_head_dim;
    config.decoder_cross_hidden_size = decoder.cross_hidden_size;
    config.decoder_intermediate_size = decoder.intermediate_size;
    config.decoder_vocab_size = decoder.vocab_size;
    config.decoder_norm_eps = decoder.norm_eps;
    config.decoder_rope_theta = decoder.rope_theta;
    config.num_channels = decoder.num_channels;
}

// Lists fit: validate() compares their lengths with the sizes of these arrays.
void set_codec(dia_config & config, const dia::DacHparams & dac) {
    config.codec_has_encoder = dac.has_encoder ? 1 : 0;
    config.codec_sampling_rate = dac.sampling_rate;
    config.codec_hop_length = dac.hop_length;
    config.codec_n_codebooks = dac.n_codebooks;
    config.codec_codebook_size = dac.codebook_size;
    config.codec_codebook_dim = dac.codebook_dim;
    config.codec_hidden_size = dac.hidden_size;
    config.codec_encoder_hidden_size = dac.encoder_hidden_size;
    config.codec_decoder_hidden_size = dac.decoder_hidden_size;
    config.codec_n_blocks = static_cast<int32_t>(dac.upsampling_ratios.size());
    std::copy(dac.downsampling_ratios.begin(), dac.downsampling_ratios.end(), config.codec_downsampling_ratios);
    std::copy(dac.upsampling_ratios.begin(), dac.upsampling_ratios.end(), config.codec_upsampling_ratios);
}

dia_config config_of(const dia::Model & model) {
    const dia::DiaHparams & dia = model.hparams.dia;
    dia_config config = {};
    set_encoder(config, dia.encoder);
    set_decoder(config, dia.decoder);
    config.bos_token_id = dia.bos_token_id;
    config.eos_token_id = dia.eos_token_id;
    config.pad_token_id = dia.pad_token_id;
    std::copy(dia.delay_pattern.begin(), dia.delay_pattern.end(), config.delay_pattern);
    if (model.dac) {
        config.has_codec = 1;
        set_codec(config, *model.hparams.dac);
    }
    config.n_parameters = model.n_parameters;
    config.codec_n_parameters = model.codec_n_parameters;
    config.n_bytes = model.n_bytes;
    return config;
}

}  // namespace

dia::LoadOptions dia::load_options_of(const char * path, const dia_model_params * params) {
    const dia_model_params given = read_struct(params, default_model_params());
    LoadOptions options;
    options.use_mmap = given.use_mmap != 0;
    options.load_codec = given.load_codec != 0;
    options.progress = progress_of(given.progress, given.user_data);
    if (given.max_memory < 0) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "max_memory is %lld, expected at least 0",
             static_cast<long long>(given.max_memory));
    }
    options.max_memory = given.max_memory;
    choose_placement(given.device == nullptr ? "" : given.device, given.n_gpu_layers, path, options);
    return options;
}

dia_status dia_model_params_init(dia_model_params * params, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(params, struct_size, default_model_params(), "params"); });
}

dia_status dia_model_load(const char * path, const dia_model_params * params, dia_model ** out) {
    return dia::guard([&] {
        dia::clear_output(out, "out");
        dia::require(path, "path");
        const dia::LoadOptions options = dia::load_options_of(path, params);
        auto model = std::make_unique<dia_model>();
        model->model = dia::load_model_within_limit(path, options);
        *out = model.release();
    });
}

void dia_model_free(dia_model * model) {
    std::unique_ptr<dia_model> owned(model);
}

dia_status dia_model_get_config(const dia_model * model, dia_config * config) {
    return dia::guard([&] { dia::write_struct(config, config_of(*dia::require(model, "model").model), "config"); });
}

const char * dia_model_device(const dia_model * model) {
    return model == nullptr ? nullptr : model->model->placement.device().name();
}

int32_t dia_model_n_gpu_layers(const dia_model * model) {
    return model == nullptr ? 0 : static_cast<int32_t>(model->model->placement.n_gpu_layers());
}

const char * dia_model_description(const dia_model * model) {
    return model == nullptr ? nullptr : model->model->description.c_str();
}
