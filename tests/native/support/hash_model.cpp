#include "hash_model.h"

#include <ggml-cpp.h>

#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hash_value.h"

namespace dia::testing {

namespace {

struct Matrix {
    int64_t rows = 0;  // 0: a vector
    int64_t columns = 0;
    std::vector<float> values;
};

std::string layer_name(const std::string & part, int32_t layer, const std::string & tensor) {
    return "model." + part + ".layers." + std::to_string(layer) + "." + tensor + ".weight";
}

// The tensors of the checkpoint, by name in ordinal order.
std::map<std::string, Matrix> make_checkpoint(const DiaHparams & hparams, double scale) {
    std::map<std::string, Matrix> tensors;
    const auto matrix = [&](const std::string & name, int64_t rows, int64_t columns) {
        tensors[name] = {rows, columns, {}};
    };
    const auto vector = [&](const std::string & name, int64_t size) { tensors[name] = {0, size, {}}; };

    const EncoderHparams & encoder = hparams.encoder;
    const int64_t E = encoder.hidden_size;
    matrix("model.encoder.embedding.weight", encoder.vocab_size, E);
    vector("model.encoder.norm.weight", E);
    for (int32_t i = 0; i < encoder.num_hidden_layers; ++i) {
        const int64_t A = int64_t{encoder.num_attention_heads} * encoder.head_dim;
        const int64_t K = int64_t{encoder.num_key_value_heads} * encoder.head_dim;
        vector(layer_name("encoder", i, "pre_sa_norm"), E);
        matrix(layer_name("encoder", i, "self_attention.q_proj"), A, E);
        matrix(layer_name("encoder", i, "self_attention.k_proj"), K, E);
        matrix(layer_name("encoder", i, "self_attention.v_proj"), K, E);
        matrix(layer_name("encoder", i, "self_attention.o_proj"), E, A);
        vector(layer_name("encoder", i, "post_sa_norm"), E);
        matrix(layer_name("encoder", i, "mlp.gate_up_proj"), 2 * int64_t{encoder.intermediate_size}, E);
        matrix(layer_name("encoder", i, "mlp.down_proj"), E, encoder.intermediate_size);
    }

    const DecoderHparams & decoder = hparams.decoder;
    const int64_t H = decoder.hidden_size;
    const int64_t logits = int64_t{decoder.num_channels} * decoder.vocab_size;
    matrix("model.decoder.embeddings.embed.weight", logits, H);
    vector("model.decoder.norm.weight", H);
    matrix("logits_dense.weight", logits, H);
    for (int32_t i = 0; i < decoder.num_hidden_layers; ++i) {
        const int64_t A = int64_t{decoder.num_attention_heads} * decoder.head_dim;
        const int64_t K = int64_t{decoder.num_key_value_heads} * decoder.head_dim;
        const int64_t X = int64_t{decoder.cross_num_attention_heads} * decoder.cross_head_dim;
        const int64_t Y = int64_t{decoder.cross_num_key_value_heads} * decoder.cross_head_dim;
        vector(layer_name("decoder", i, "pre_sa_norm"), H);
        matrix(layer_name("decoder", i, "self_attention.q_proj"), A, H);
        matrix(layer_name("decoder", i, "self_attention.k_proj"), K, H);
        matrix(layer_name("decoder", i, "self_attention.v_proj"), K, H);
        matrix(layer_name("decoder", i, "self_attention.o_proj"), H, A);
        vector(layer_name("decoder", i, "pre_ca_norm"), H);
        matrix(layer_name("decoder", i, "cross_attention.q_proj"), X, H);
        matrix(layer_name("decoder", i, "cross_attention.k_proj"), Y, decoder.cross_hidden_size);
        matrix(layer_name("decoder", i, "cross_attention.v_proj"), Y, decoder.cross_hidden_size);
        matrix(layer_name("decoder", i, "cross_attention.o_proj"), H, X);
        vector(layer_name("decoder", i, "pre_mlp_norm"), H);
        matrix(layer_name("decoder", i, "mlp.gate_up_proj"), 2 * int64_t{decoder.intermediate_size}, H);
        matrix(layer_name("decoder", i, "mlp.down_proj"), H, decoder.intermediate_size);
    }

    uint32_t index = 0;
    for (auto & [name, tensor] : tensors) {
        tensor.values.resize(static_cast<size_t>(std::max<int64_t>(tensor.rows, 1) * tensor.columns));
        for (size_t i = 0; i < tensor.values.size(); ++i) {
            const double u = hash_value(index, static_cast<uint32_t>(i));
            tensor.values[i] = static_cast<float>(tensor.rows == 0 ? 1.0 + 0.25 * u : scale * u);
        }
        ++index;
    }
    return tensors;
}

struct Storage {
    ggml_context_ptr context;
};

// Places tensors of the checkpoint into memory, several of them as one where the graphs want that.
class Placer {
public:
    Placer(std::map<std::string, Matrix> tensors, ggml_type type) : tensors_(std::move(tensors)), type_(type) {
        size_t n_bytes = 0;
        for (const auto & [name, tensor] : tensors_) {
            n_bytes += tensor.values.size() * sizeof(float) + ggml_tensor_overhead() + 64;
        }
        const ggml_init_params params = {n_bytes, nullptr, false};
        storage_->context.reset(ggml_init(params));
    }

    ggml_tensor * vector(const std::string & name) {
        const Matrix & source = tensors_.at(name);
        ggml_tensor * tensor = ggml_new_tensor_1d(storage_->context.get(), GGML_TYPE_F32, source.columns);
        std::memcpy(tensor->data, source.values.data(), ggml_nbytes(tensor));
        return tensor;
    }

    ggml_tensor * matrix(const std::vector<std::string> & names) {
        const int64_t columns = tensors_.at(names.front()).columns;
        int64_t rows = 0;
        std::vector<float> values;
        for (const std::string & name : names) {
            const Matrix & source = tensors_.at(name);
            rows += source.rows;
            values.insert(values.end(), source.values.begin(), source.values.end());
        }
        const ggml_type type = columns % ggml_blck_size(type_) == 0 ? type_ : GGML_TYPE_F16;
        ggml_tensor * tensor = ggml_new_tensor_2d(storage_->context.get(), type, columns, rows);
        ggml_quantize_chunk(type, values.data(), tensor->data, 0, rows, columns, nullptr);
        return tensor;
    }

    std::shared_ptr<void> storage() const { return storage_; }

private:
    std::map<std::string, Matrix> tensors_;
    ggml_type type_;
    std::shared_ptr<Storage> storage_ = std::make_shared<Storage>();
};

}  // namespace

DiaHparams hash_tiny_hparams() {
    DiaHparams hparams;
    EncoderHparams & encoder = hparams.encoder;
    encoder.num_hidden_layers = 2;
    encoder.hidden_size = 16;
    encoder.num_attention_heads = 2;
    encoder.num_key_value_heads = 2;
    encoder.head_dim = 8;
    encoder.intermediate_size = 24;
    DecoderHparams & decoder = hparams.decoder;
    decoder.num_hidden_layers = 2;
    decoder.hidden_size = 24;
    decoder.intermediate_size = 40;
    decoder.num_attention_heads = 4;
    decoder.num_key_value_heads = 2;
    decoder.head_dim = 8;
    decoder.cross_num_attention_heads = 2;
    decoder.cross_num_key_value_heads = 2;
    decoder.cross_head_dim = 8;
    decoder.cross_hidden_size = 16;
    return hparams;
}

std::shared_ptr<const Model> make_hash_model(const DiaHparams & hparams, ggml_type type, double scale) {
    Placer placer(make_checkpoint(hparams, scale), type);
    auto model = std::make_shared<Model>();
    model->hparams.dia = hparams;
    model->placement = Placement(Device(), hparams.decoder.num_hidden_layers, 0);

    model->encoder.embedding = placer.matrix({"model.encoder.embedding.weight"});
    model->encoder.norm = placer.vector("model.encoder.norm.weight");
    for (int32_t i = 0; i < hparams.encoder.num_hidden_layers; ++i) {
        const auto name = [&](const char * tensor) { return layer_name("encoder", i, tensor); };
        EncoderLayerWeights layer;
        layer.pre_sa_norm = placer.vector(name("pre_sa_norm"));
        layer.qkv_proj = placer.matrix(
            {name("self_attention.q_proj"), name("self_attention.k_proj"), name("self_attention.v_proj")});
        layer.o_proj = placer.matrix({name("self_attention.o_proj")});
        layer.post_sa_norm = placer.vector(name("post_sa_norm"));
        layer.gate_up_proj = placer.matrix({name("mlp.gate_up_proj")});
        layer.down_proj = placer.matrix({name("mlp.down_proj")});
        model->encoder.layers.push_back(layer);
    }

    model->decoder.embeddings = placer.matrix({"model.decoder.embeddings.embed.weight"});
    model->decoder.norm = placer.vector("model.decoder.norm.weight");
    model->decoder.logits_dense = placer.matrix({"logits_dense.weight"});
    for (int32_t i = 0; i < hparams.decoder.num_hidden_layers; ++i) {
        const auto name = [&](const char * tensor) { return layer_name("decoder", i, tensor); };
        DecoderLayerWeights layer;
        layer.pre_sa_norm = placer.vector(name("pre_sa_norm"));
        layer.qkv_proj = placer.matrix(
            {name("self_attention.q_proj"), name("self_attention.k_proj"), name("self_attention.v_proj")});
        layer.o_proj = placer.matrix({name("self_attention.o_proj")});
        layer.pre_ca_norm = placer.vector(name("pre_ca_norm"));
        layer.cross_q_proj = placer.matrix({name("cross_attention.q_proj")});
        layer.cross_kv_proj = placer.matrix({name("cross_attention.k_proj"), name("cross_attention.v_proj")});
        layer.cross_o_proj = placer.matrix({name("cross_attention.o_proj")});
        layer.pre_mlp_norm = placer.vector(name("pre_mlp_norm"));
        layer.gate_up_proj = placer.matrix({name("mlp.gate_up_proj")});
        layer.down_proj = placer.matrix({name("mlp.down_proj")});
        model->decoder.layers.push_back(layer);
    }
    model->storage = placer.storage();
    return model;
}

}  // namespace dia::testing
