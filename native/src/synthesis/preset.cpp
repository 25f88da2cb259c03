#include "synthesis/preset.h"

#include "support/error.h"

namespace dia {

namespace {

// Heads and widths alike in encoder, decoder and between them.
void set_widths(DiaHparams & hparams, int32_t width, int32_t intermediate, int32_t n_heads, int32_t head_dim) {
    EncoderHparams & encoder = hparams.encoder;
    encoder.hidden_size = width;
    encoder.intermediate_size = intermediate;
    encoder.num_attention_heads = n_heads;
    encoder.num_key_value_heads = n_heads;
    encoder.head_dim = head_dim;
    DecoderHparams & decoder = hparams.decoder;
    decoder.hidden_size = width;
    decoder.intermediate_size = intermediate;
    decoder.num_attention_heads = n_heads;
    decoder.num_key_value_heads = n_heads / 2;
    decoder.head_dim = head_dim;
    decoder.cross_num_attention_heads = n_heads;
    decoder.cross_num_key_value_heads = n_heads;
    decoder.cross_head_dim = head_dim;
    decoder.cross_hidden_size = width;
}

DacHparams small_codec() {
    DacHparams hparams;
    hparams.hidden_size = 64;
    hparams.encoder_hidden_size = 8;
    hparams.decoder_hidden_size = 128;
    return hparams;
}

Hparams full_size() {
    Hparams hparams;
    hparams.dac = DacHparams();
    return hparams;
}

Hparams narrow() {
    Hparams hparams;
    set_widths(hparams.dia, 32, 32, 2, 16);
    hparams.dac = small_codec();
    return hparams;
}

// Widths that fill the blocks of every type.
Hparams tiny() {
    Hparams hparams;
    set_widths(hparams.dia, 256, 512, 4, 64);
    hparams.dia.encoder.num_hidden_layers = 2;
    hparams.dia.decoder.num_hidden_layers = 2;
    hparams.dac = small_codec();
    return hparams;
}

}  // namespace

const std::vector<Preset> & presets() {
    static const std::vector<Preset> presets = {
        {"dia-1.6b", "Dia-1.6B of random weights", full_size()},
        {"overhead", "Dia of random weights, 18 narrow layers", narrow()},
        {"tiny", "Tiny Dia of random weights", tiny()},
    };
    return presets;
}

Hparams preset_hparams(const std::string & name) {
    std::string names;
    for (const Preset & preset : presets()) {
        if (preset.name == name) {
            Hparams hparams = preset.hparams;
            hparams.name = preset.description;
            return hparams;
        }
        names += (names.empty() ? "" : ", ") + std::string(preset.name);
    }
    fail(DIA_STATUS_INVALID_ARGUMENT, "preset is \"%s\", expected one of %s", name.c_str(), names.c_str());
}

}  // namespace dia
