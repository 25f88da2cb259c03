// Numbers of the architecture that no model can have are refused by name.
#include "gguf/hparams.h"

#include <gtest/gtest.h>

#include <cmath>

#include "expect_error.h"
#include "small_checkpoint.h"

namespace dia::testing {
namespace {

void expect_refused(std::initializer_list<std::string> texts, const std::function<void(Hparams &)> & change) {
    Hparams hparams = small_hparams();
    change(hparams);
    expect_error(DIA_STATUS_INVALID_FILE, texts, [&] { hparams.validate("some.gguf"); });
    expect_error(DIA_STATUS_INVALID_FILE, {"some.gguf: "}, [&] { hparams.validate("some.gguf"); });
}

TEST(Hparams, DefaultsAreValid) {
    EXPECT_NO_THROW(Hparams().validate("Dia-1.6B"));
    EXPECT_NO_THROW(small_hparams().validate("small"));
    Hparams with_codec;
    with_codec.dac.emplace();
    EXPECT_NO_THROW(with_codec.validate("Dia-1.6B with DAC"));
    EXPECT_EQ(with_codec.dia.max_delay(), 15);
}

TEST(Hparams, RefusesNumbersOutOfRange) {
    expect_refused({"dia.encoder.num_hidden_layers is 0", "1 to 1024"},
                   [](Hparams & h) { h.dia.encoder.num_hidden_layers = 0; });
    expect_refused({"dia.encoder.vocab_size is 255", "256"}, [](Hparams & h) { h.dia.encoder.vocab_size = 255; });
    expect_refused({"dia.encoder.norm_eps is nan"}, [](Hparams & h) { h.dia.encoder.norm_eps = NAN; });
    expect_refused({"dia.decoder.hidden_size is 2147483647"},
                   [](Hparams & h) { h.dia.decoder.hidden_size = INT32_MAX; });
    expect_refused({"dia.decoder.num_key_value_heads is -1"},
                   [](Hparams & h) { h.dia.decoder.num_key_value_heads = -1; });
    expect_refused({"dia.decoder.num_channels is 33", "1 to 32"},
                   [](Hparams & h) { h.dia.decoder.num_channels = 33; });
    expect_refused({"dia.decoder.rope_theta is inf"}, [](Hparams & h) { h.dia.decoder.rope_theta = INFINITY; });
    expect_refused({"dia.generation.temperature is -1"}, [](Hparams & h) { h.generation.temperature = -1.0f; });
    expect_refused({"dia.generation.top_p is 0"}, [](Hparams & h) { h.generation.top_p = 0.0f; });
    expect_refused({"dac.sampling_rate is 0"}, [](Hparams & h) { h.dac->sampling_rate = 0; });
}

TEST(Hparams, RefusesHeadsThatDoNotFit) {
    expect_refused({"dia.encoder.num_attention_heads is 4", "3"},
                   [](Hparams & h) { h.dia.encoder.num_key_value_heads = 3; });
    expect_refused({"dia.decoder.num_attention_heads is 6", "4"},
                   [](Hparams & h) { h.dia.decoder.num_key_value_heads = 4; });
    expect_refused({"dia.decoder.cross_num_attention_heads is 2", "8"},
                   [](Hparams & h) { h.dia.decoder.cross_num_key_value_heads = 8; });
    expect_refused({"dia.encoder.head_dim is 9", "even"}, [](Hparams & h) { h.dia.encoder.head_dim = 9; });
    expect_refused({"dia.decoder.head_dim is 7", "even"}, [](Hparams & h) { h.dia.decoder.head_dim = 7; });
    expect_refused({"dia.decoder.cross_hidden_size is 31", "dia.encoder.hidden_size 32"},
                   [](Hparams & h) { h.dia.decoder.cross_hidden_size = 31; });
}

TEST(Hparams, RefusesSpecialTokensThatAreCodesOrOutsideTheVocabulary) {
    expect_refused({"dia.bos_token_id is 16"}, [](Hparams & h) { h.dia.bos_token_id = 16; });
    expect_refused({"dia.pad_token_id is 20", "17 to 19"}, [](Hparams & h) { h.dia.pad_token_id = 20; });
    expect_refused({"dia.bos_token_id and dia.pad_token_id are both 18"},
                   [](Hparams & h) { h.dia.pad_token_id = 18; });
    expect_refused({"dac.codebook_size is 16", "15"}, [](Hparams & h) { h.dia.eos_token_id = 15; });
}

TEST(Hparams, RefusesDelaysThatDoNotFitTheChannels) {
    expect_refused({"dia.delay_pattern", "2", "dia.decoder.num_channels 3"}, [](Hparams & h) {
        h.dia.delay_pattern = {0, 1};
    });
    expect_refused({"dia.delay_pattern[0] is 1"}, [](Hparams & h) { h.dia.delay_pattern = {1, 2, 3}; });
    expect_refused({"dia.delay_pattern[1] is -1"}, [](Hparams & h) { h.dia.delay_pattern = {0, -1, 3}; });
    expect_refused({"dia.delay_pattern[2] is 256", "255"}, [](Hparams & h) { h.dia.delay_pattern = {0, 1, 256}; });
}

TEST(Hparams, RefusesCodecRatiosThatDoNotMakeTheHop) {
    expect_refused({"dac.downsampling_ratios has 0 entries"}, [](Hparams & h) { h.dac->downsampling_ratios = {}; });
    expect_refused({"dac.upsampling_ratios has 9 entries"},
                   [](Hparams & h) { h.dac->upsampling_ratios = {2, 2, 2, 2, 2, 2, 2, 2, 2}; });
    expect_refused({"dac.upsampling_ratios is 1", "even"}, [](Hparams & h) { h.dac->upsampling_ratios = {1, 8}; });
    expect_refused({"product of dac.downsampling_ratios is 16", "dac.hop_length 8"}, [](Hparams & h) {
        h.dac->downsampling_ratios = {4, 4};
    });
    expect_refused({"length of dac.upsampling_ratios is 1"}, [](Hparams & h) { h.dac->upsampling_ratios = {8}; });
    expect_refused({"dac.n_codebooks is 4", "dia.decoder.num_channels 3"},
                   [](Hparams & h) { h.dac->n_codebooks = 4; });
    expect_refused({"dac.decoder_hidden_size is 3", "2 times"},
                   [](Hparams & h) { h.dac->decoder_hidden_size = 3; });
}

}  // namespace
}  // namespace dia::testing
