#include "convert/ttscpp_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <functional>

#include "convert/converter.h"
#include "dac/dac_codec.h"
#include "expect_error.h"
#include "ggml-cpp.h"
#include "gguf/gguf_file.h"
#include "model/model.h"
#include "small_checkpoint.h"

namespace dia {
namespace {

using testing::expect_error;
using testing::RawTensor;
using testing::RawTensors;
using testing::SmallCheckpoint;
using testing::TemporaryFolder;

// What a file of TTS.cpp can say: one head size, nine channels with the published delays.
Hparams hparams_for_ttscpp() {
    Hparams hparams = testing::small_hparams();
    DecoderHparams & decoder = hparams.dia.decoder;
    decoder.head_dim = hparams.dia.encoder.head_dim = decoder.cross_head_dim = 8;
    decoder.num_channels = 9;
    hparams.dia.delay_pattern = DiaHparams().delay_pattern;
    hparams.dac->n_codebooks = 9;
    hparams.dac->sampling_rate = 44100;
    hparams.dac->downsampling_ratios = {2, 4};
    hparams.dac->upsampling_ratios = {4, 2};
    return hparams;
}

// Writes a GGUF as TTS.cpp's converter does. Shapes are in ggml order.
class TtsCppWriter {
public:
    TtsCppWriter() : file_(gguf_init_empty()) {
        const ggml_init_params params = {1024 * ggml_tensor_overhead() + (1 << 22), nullptr, false};
        context_.reset(ggml_init(params));
    }

    void set(const char * key, int32_t value) { gguf_set_val_u32(file_.get(), key, static_cast<uint32_t>(value)); }
    void set(const char * key, const char * value) { gguf_set_val_str(file_.get(), key, value); }

    void add(const std::string & name, std::vector<int64_t> shape, const std::string & bytes) {
        ggml_tensor * tensor =
            ggml_new_tensor(context_.get(), GGML_TYPE_F32, static_cast<int>(shape.size()), shape.data());
        ggml_set_name(tensor, name.c_str());
        std::memcpy(tensor->data, bytes.data(), bytes.size());
        gguf_add_tensor(file_.get(), tensor);
    }

    // A tensor of the checkpoint: the same bytes, the shape the other way round.
    void add(const std::string & name, const RawTensor & tensor) {
        add(name, {tensor.shape.rbegin(), tensor.shape.rend()}, tensor.bytes);
    }

    // Equal shares of a tensor of the checkpoint.
    void add_shares(const std::vector<std::string> & names, const RawTensor & tensor) {
        const size_t n_bytes = tensor.bytes.size() / names.size();
        for (size_t i = 0; i < names.size(); ++i) {
            add(names[i], {tensor.shape[1], tensor.shape[0] / static_cast<int64_t>(names.size())},
                tensor.bytes.substr(i * n_bytes, n_bytes));
        }
    }

    void write(const std::string & path) const { gguf_write_to_file(file_.get(), path.c_str(), false); }

private:
    gguf_context_ptr file_;
    ggml_context_ptr context_;
};

std::vector<std::string> per_channel(const std::string & stem) {
    std::vector<std::string> names;
    for (int c = 0; c < 9; ++c) {
        names.push_back(stem + std::to_string(c));
    }
    return names;
}

void set_metadata(TtsCppWriter & file, const Hparams & hparams) {
    const EncoderHparams & encoder = hparams.dia.encoder;
    const DecoderHparams & decoder = hparams.dia.decoder;
    file.set("general.architecture", "dia");
    file.set("dia.attn_head_size", encoder.head_dim);
    file.set("dia.bos_token_id", hparams.dia.bos_token_id);
    file.set("dia.eos_token_id", hparams.dia.eos_token_id);
    file.set("dia.pad_token_id", hparams.dia.pad_token_id);
    file.set("dia.max_delay", 15);
    file.set("dia.encoder.max_context_length", encoder.max_position_embeddings);
    file.set("dia.encoder.attn_heads", encoder.num_attention_heads);
    file.set("dia.encoder.layers", encoder.num_hidden_layers);
    file.set("dia.decoder.hidden_size", decoder.hidden_size);
    file.set("dia.decoder.layers", decoder.num_hidden_layers);
    file.set("dia.decoder.output_heads", decoder.num_channels);
    file.set("dia.decoder.attn_heads", decoder.num_attention_heads);
    file.set("dia.decoder.query_heads", decoder.num_key_value_heads);
    file.set("dia.decoder.output_vocab_size", decoder.vocab_size);
    file.set("dia.decoder.max_generation_size", decoder.max_position_embeddings);
    file.set("dac.up_scaling_factor", hparams.dac->hop_length);
    file.set("dac.dac_layer_stride_0", hparams.dac->upsampling_ratios[0]);
    file.set("dac.dac_layer_stride_1", hparams.dac->upsampling_ratios[1]);
}

void add_encoder(TtsCppWriter & file, const RawTensors & t) {
    file.add("dia.encoder.embedding", t.at("model.encoder.embedding.weight"));
    file.add("dia.encoder.norm", t.at("model.encoder.norm.weight"));
    for (int i = 0; i < 2; ++i) {
        const std::string ours = "model.encoder.layers." + std::to_string(i) + ".";
        const std::string theirs = "dia.encoder.layers." + std::to_string(i) + ".";
        for (const char * name : {"q_proj", "k_proj", "v_proj", "o_proj"}) {
            file.add(theirs + name, t.at(ours + "self_attention." + name + ".weight"));
        }
        file.add_shares({theirs + "gate", theirs + "up"}, t.at(ours + "mlp.gate_up_proj.weight"));
        file.add(theirs + "wo", t.at(ours + "mlp.down_proj.weight"));
        for (const char * name : {"pre_sa_norm", "post_sa_norm"}) {
            file.add(theirs + name, t.at(ours + name + ".weight"));
        }
    }
}

void add_decoder(TtsCppWriter & file, const RawTensors & t) {
    file.add_shares(per_channel("dia.decoder.embeddings."), t.at("model.decoder.embeddings.embed.weight"));
    file.add_shares(per_channel("dia.decoder.heads."), t.at("logits_dense.weight"));
    file.add("dia.decoder.norm", t.at("model.decoder.norm.weight"));
    for (int i = 0; i < 2; ++i) {
        const std::string ours = "model.decoder.layers." + std::to_string(i) + ".";
        const std::string theirs = "dia.decoder.layers." + std::to_string(i) + ".";
        for (const char * name : {"q_proj", "k_proj", "v_proj", "o_proj"}) {
            file.add(theirs + "self_" + name, t.at(ours + "self_attention." + name + ".weight"));
            file.add(theirs + "cross_" + name, t.at(ours + "cross_attention." + name + ".weight"));
        }
        file.add_shares({theirs + "gate", theirs + "up"}, t.at(ours + "mlp.gate_up_proj.weight"));
        file.add(theirs + "wo", t.at(ours + "mlp.down_proj.weight"));
        for (const char * name : {"pre_sa_norm", "pre_ca_norm", "pre_mlp_norm"}) {
            file.add(theirs + name, t.at(ours + name + ".weight"));
        }
    }
}

void add_conv(TtsCppWriter & file, const RawTensors & t, const std::string & theirs, const std::string & ours) {
    file.add(theirs + ".weight", t.at(ours + ".weight"));
    file.add(theirs + ".bias", t.at(ours + ".bias"));
}

// An alpha is [1, channels] there.
void add_alpha(TtsCppWriter & file, const RawTensors & t, const std::string & theirs, const std::string & ours) {
    const RawTensor & alpha = t.at(ours);
    file.add(theirs, {1, alpha.shape[1]}, alpha.bytes);
}

void add_codec(TtsCppWriter & file, const RawTensors & t) {
    for (int i = 0; i < 9; ++i) {
        const std::string ours = "quantizer.quantizers." + std::to_string(i) + ".";
        const std::string theirs = "audio_encoder.quantizers." + std::to_string(i) + ".";
        file.add(theirs + "codebook.weight", t.at(ours + "codebook.weight"));
        add_conv(file, t, theirs + "out_proj", ours + "out_proj");
    }
    add_conv(file, t, "audio_encoder.initial", "decoder.conv1");
    for (int i = 0; i < 2; ++i) {
        const std::string ours = "decoder.block." + std::to_string(i) + ".";
        const std::string theirs = "audio_encoder.decoder_block." + std::to_string(i + 1) + ".";
        add_alpha(file, t, theirs + "final.alpha", ours + "snake1.alpha");
        add_conv(file, t, theirs + "final", ours + "conv_t1");
        for (int j = 0; j < 3; ++j) {
            const std::string our_unit = ours + "res_unit" + std::to_string(j + 1) + ".";
            const std::string their_unit = theirs + "residual_unit." + std::to_string(j) + ".res.";
            add_alpha(file, t, their_unit + "initial.alpha", our_unit + "snake1.alpha");
            add_conv(file, t, their_unit + "initial", our_unit + "conv1");
            add_alpha(file, t, their_unit + "final.alpha", our_unit + "snake2.alpha");
            add_conv(file, t, their_unit + "final", our_unit + "conv2");
        }
    }
    add_alpha(file, t, "audio_encoder.final.alpha", "decoder.snake1.alpha");
    add_conv(file, t, "audio_encoder.final", "decoder.conv2");
}

// One checkpoint in both layouts.
class TtsCpp : public ::testing::Test {
protected:
    TtsCpp() : checkpoint_(hparams_for_ttscpp()) { checkpoint_.write(folder_); }

    std::string write(const std::function<void(TtsCppWriter &)> & change = {}) const {
        TtsCppWriter file;
        set_metadata(file, hparams_for_ttscpp());
        add_encoder(file, checkpoint_.tensors);
        add_decoder(file, checkpoint_.tensors);
        add_codec(file, checkpoint_.codec_tensors);
        if (change) {
            change(file);
        }
        const std::string path = folder_.path("ttscpp.gguf");
        file.write(path);
        return path;
    }

    std::string convert(const std::string & path, const std::string & codec_dir = "") const {
        ConvertOptions options;
        options.format = DIA_CHECKPOINT_FORMAT_TTS_CPP;
        options.model_dir = path;
        options.codec_dir = codec_dir;
        options.write.output_path = folder_.path("imported.gguf");
        convert_checkpoint(options);
        return options.write.output_path;
    }

    TemporaryFolder folder_;
    SmallCheckpoint checkpoint_;
};

void expect_same_tensors(const GgufFile & actual, const GgufFile & expected) {
    for (const GgufTensor & tensor : actual.tensors()) {
        const GgufTensor * same = expected.find_tensor(tensor.name);
        ASSERT_NE(same, nullptr) << tensor.name;
        ASSERT_EQ(tensor.shape, same->shape) << tensor.name;
        ASSERT_EQ(tensor.type, same->type) << tensor.name;
        EXPECT_EQ(actual.read_all(tensor), expected.read_all(*same)) << tensor.name;
    }
}

TEST_F(TtsCpp, HasTheTensorsOfTheCheckpointItWasMadeFrom) {
    const GgufFile expected(testing::convert_small(folder_));
    const GgufFile imported(convert(write()));
    expect_same_tensors(imported, expected);
    size_t n_left_out = 0;
    for (const GgufTensor & tensor : expected.tensors()) {
        const bool of_encoder =
            tensor.name.rfind("dac.enc.", 0) == 0 || tensor.name.find(".in_proj.") != std::string::npos;
        n_left_out += of_encoder ? 1 : 0;
    }
    EXPECT_EQ(imported.tensors().size() + n_left_out, expected.tensors().size());
}

TEST_F(TtsCpp, HasTheNumbersOfTheCheckpointItWasMadeFrom) {
    const Hparams expected = hparams_for_ttscpp();
    const Hparams actual = TtsCppFile(write()).hparams();
    EXPECT_EQ(actual.dia.encoder.num_key_value_heads, expected.dia.encoder.num_key_value_heads);
    EXPECT_EQ(actual.dia.encoder.intermediate_size, expected.dia.encoder.intermediate_size);
    EXPECT_EQ(actual.dia.decoder.num_key_value_heads, expected.dia.decoder.num_key_value_heads);
    EXPECT_EQ(actual.dia.decoder.cross_num_attention_heads, expected.dia.decoder.cross_num_attention_heads);
    EXPECT_EQ(actual.dia.decoder.cross_num_key_value_heads, expected.dia.decoder.cross_num_key_value_heads);
    EXPECT_EQ(actual.dac->decoder_hidden_size, expected.dac->decoder_hidden_size);
    EXPECT_EQ(actual.dac->upsampling_ratios, expected.dac->upsampling_ratios);
    EXPECT_FALSE(actual.dac->has_encoder);
}

TEST_F(TtsCpp, DecodesAndSaysThatItCannotEncode) {
    const std::shared_ptr<const Model> model = load_model(convert(write()), {});
    DacCodec codec(model, {});
    std::vector<float> samples(2 * 8);
    const std::vector<int32_t> codes(2 * 9, 1);
    EXPECT_NO_THROW(codec.decode(codes, 0, 2, samples));
    expect_error(DIA_STATUS_UNSUPPORTED, {"no encoder"}, [&] { codec.encode(samples); });
}

TEST_F(TtsCpp, TakesTheWholeCodecFromACheckpoint) {
    const GgufFile expected(testing::convert_small(folder_));
    const std::string path = convert(write(), folder_.path("dac"));
    EXPECT_EQ(GgufFile(path).tensors().size(), expected.tensors().size());
    const std::shared_ptr<const Model> model = load_model(path, {});
    EXPECT_TRUE(model->hparams.dac->has_encoder);
    EXPECT_EQ(DacCodec(model, {}).encode(std::vector<float>(8, 0.5f)).codes.size(), 9u);
}

TEST_F(TtsCpp, RefusesOtherFiles) {
    expect_error(DIA_STATUS_INVALID_FILE, {"dia.attn_head_size", "missing"}, [&] {
        TtsCppWriter file;
        file.set("general.architecture", "dia");
        file.write(folder_.path("other.gguf"));
        convert(folder_.path("other.gguf"));
    });
    const std::string ours = testing::convert_small(folder_);
    expect_error(DIA_STATUS_INVALID_FILE, {"needs no conversion"}, [&] { convert(ours); });
    expect_error(DIA_STATUS_IO, {"nowhere.gguf"}, [&] { convert(folder_.path("nowhere.gguf")); });
    expect_error(DIA_STATUS_UNSUPPORTED, {"largest delay of 14"},
                 [&] { convert(write([](TtsCppWriter & file) { file.set("dia.max_delay", 14); })); });
    expect_error(DIA_STATUS_INVALID_FILE, {"dia.decoder.layers.2", "missing"},
                 [&] { convert(write([](TtsCppWriter & file) { file.set("dia.decoder.layers", 3); })); });
    expect_error(DIA_STATUS_INVALID_FILE, {"head size 7", "k_proj"},
                 [&] { convert(write([](TtsCppWriter & file) { file.set("dia.attn_head_size", 7); })); });
    expect_error(DIA_STATUS_INVALID_FILE, {"dia.decoder.layers.0.self_q_proj", "expected"},
                 [&] { convert(write([](TtsCppWriter & file) { file.set("dia.decoder.attn_heads", 9); })); });
    EXPECT_FALSE(std::filesystem::exists(folder_.path("imported.gguf")));
}

}  // namespace
}  // namespace dia
