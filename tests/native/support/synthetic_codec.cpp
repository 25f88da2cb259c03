#include "synthetic_codec.h"

#include <ggml-cpp.h>

#include <cmath>
#include <map>
#include <string>

#include "backend/graph.h"
#include "hash_value.h"
#include "support/error.h"

namespace dia::testing {

namespace {

enum class Role { matrix, transposed, bias, alpha };

struct Tensor {
    ggml_tensor * tensor;
    Role role;
};

// Creates the tensors of a codec, under their names in the checkpoint.
class Builder {
public:
    Builder(ggml_context * context, ggml_type type) : context_(context), type_(type) {}

    const std::map<std::string, Tensor> & tensors() const { return tensors_; }

    DacWeights codec(const DacHparams & hparams) {
        DacWeights weights;
        weights.encoder = encoder(hparams);
        weights.decoder = decoder(hparams);
        for (int32_t q = 0; q < hparams.n_codebooks; ++q) {
            const std::string name = "quantizer.quantizers." + std::to_string(q) + ".";
            weights.quantizers.push_back(
                {conv(name + "in_proj", 1, hparams.hidden_size, hparams.codebook_dim),
                 add(name + "codebook.weight", Role::matrix,
                     ggml_new_tensor_2d(context_, GGML_TYPE_F32, hparams.codebook_dim, hparams.codebook_size)),
                 conv(name + "out_proj", 1, hparams.codebook_dim, hparams.hidden_size)});
        }
        return weights;
    }

private:
    ggml_tensor * add(const std::string & name, Role role, ggml_tensor * tensor) {
        tensors_[name] = {tensor, role};
        return tensor;
    }

    DacConv conv(const std::string & name, int64_t kernel, int64_t in, int64_t out) {
        return {
            add(name + ".weight", Role::matrix, ggml_new_tensor_3d(context_, type_, kernel, in, out)),
            add(name + ".bias", Role::bias, ggml_new_tensor_1d(context_, GGML_TYPE_F32, out)),
        };
    }

    DacConv conv_t(const std::string & name, int64_t kernel, int64_t in, int64_t out) {
        return {
            add(name + ".weight", Role::transposed, ggml_new_tensor_3d(context_, type_, in, kernel, out)),
            add(name + ".bias", Role::bias, ggml_new_tensor_1d(context_, GGML_TYPE_F32, out)),
        };
    }

    ggml_tensor * snake(const std::string & name, int64_t channels) {
        return add(name + ".alpha", Role::alpha, ggml_new_tensor_1d(context_, GGML_TYPE_F32, channels));
    }

    void res_units(const std::string & block, int64_t channels, DacBlock & weights) {
        for (size_t u = 0; u < weights.res_units.size(); ++u) {
            const std::string name = block + "res_unit" + std::to_string(u + 1) + ".";
            weights.res_units[u] = {snake(name + "snake1", channels), conv(name + "conv1", 7, channels, channels),
                                    snake(name + "snake2", channels), conv(name + "conv2", 1, channels, channels)};
        }
    }

    DacEncoderWeights encoder(const DacHparams & hparams) {
        DacEncoderWeights weights;
        int64_t channels = hparams.encoder_hidden_size;
        weights.conv1 = conv("encoder.conv1", 7, 1, channels);
        for (size_t i = 0; i < hparams.downsampling_ratios.size(); ++i) {
            const std::string name = "encoder.block." + std::to_string(i) + ".";
            DacBlock block;
            res_units(name, channels, block);
            block.snake = snake(name + "snake1", channels);
            block.conv = conv(name + "conv1", 2 * hparams.downsampling_ratios[i], channels, 2 * channels);
            channels *= 2;
            weights.blocks.push_back(block);
        }
        weights.snake = snake("encoder.snake1", channels);
        weights.conv2 = conv("encoder.conv2", 3, channels, hparams.hidden_size);
        return weights;
    }

    DacDecoderWeights decoder(const DacHparams & hparams) {
        DacDecoderWeights weights;
        int64_t channels = hparams.decoder_hidden_size;
        weights.conv1 = conv("decoder.conv1", 7, hparams.hidden_size, channels);
        for (size_t i = 0; i < hparams.upsampling_ratios.size(); ++i) {
            const std::string name = "decoder.block." + std::to_string(i) + ".";
            DacBlock block;
            block.snake = snake(name + "snake1", channels);
            block.conv = conv_t(name + "conv_t1", 2 * hparams.upsampling_ratios[i], channels, channels / 2);
            channels /= 2;
            res_units(name, channels, block);
            weights.blocks.push_back(block);
        }
        weights.snake = snake("decoder.snake1", channels);
        weights.conv2 = conv("decoder.conv2", 7, channels, 1);
        return weights;
    }

    ggml_context * context_;
    ggml_type type_;
    std::map<std::string, Tensor> tensors_;
};

void set(ggml_tensor * tensor, int64_t index, float value) {
    if (tensor->type == GGML_TYPE_F16) {
        host_data<ggml_fp16_t>(tensor)[index] = ggml_fp32_to_fp16(value);
    } else {
        host_data<float>(tensor)[index] = value;
    }
}

// Fills a tensor in the order of the checkpoint, where a transposed convolution is [in][out][kernel].
void fill(const Tensor & entry, uint32_t number, double matrix_scale) {
    ggml_tensor * tensor = entry.tensor;
    const int64_t inputs = entry.role == Role::transposed ? 2 * tensor->ne[0] : tensor->ne[0] * tensor->ne[1];
    const double scale = matrix_scale > 0.0 ? matrix_scale : 1.5 / std::sqrt(static_cast<double>(inputs));
    for (int64_t i = 0; i < ggml_nelements(tensor); ++i) {
        const double u = hash_value(number, static_cast<uint32_t>(i));
        switch (entry.role) {
            case Role::matrix:
                set(tensor, i, static_cast<float>(scale * u));
                break;
            case Role::bias:
                set(tensor, i, static_cast<float>(0.1 * u));
                break;
            case Role::alpha:
                set(tensor, i, static_cast<float>(1.0 + 0.25 * u));
                break;
            case Role::transposed: {
                const int64_t n_in = tensor->ne[0];
                const int64_t kernel = tensor->ne[1];
                const int64_t n_out = tensor->ne[2];
                const int64_t in = i / (n_out * kernel);
                const int64_t out = i / kernel % n_out;
                set(tensor, (out * kernel + i % kernel) * n_in + in, static_cast<float>(scale * u));
                break;
            }
        }
    }
}

struct Storage {
    ggml_context_ptr context;
    ggml_backend_buffer_ptr buffer;
};

}  // namespace

std::shared_ptr<const Model> make_codec(const SyntheticCodec & description) {
    constexpr size_t max_tensors = 1024;
    auto storage = std::make_shared<Storage>();
    storage->context.reset(ggml_init({max_tensors * ggml_tensor_overhead(), nullptr, true}));
    Builder builder(storage->context.get(), description.type);

    auto model = std::make_shared<Model>();
    model->hparams.dac = description.hparams;
    model->dac = builder.codec(description.hparams);
    storage->buffer.reset(
        ggml_backend_alloc_ctx_tensors_from_buft(storage->context.get(), ggml_backend_cpu_buffer_type()));
    if (!storage->buffer) {
        fail(DIA_STATUS_OUT_OF_MEMORY, "no memory for a codec of %zu tensors", builder.tensors().size());
    }
    uint32_t number = 0;
    for (const auto & [name, tensor] : builder.tensors()) {
        fill(tensor, number++, description.matrix_scale);
    }
    model->storage = std::move(storage);
    return model;
}

SyntheticCodec tiny_codec() {
    SyntheticCodec codec;
    codec.hparams.hop_length = 8;
    codec.hparams.n_codebooks = 3;
    codec.hparams.codebook_size = 16;
    codec.hparams.codebook_dim = 4;
    codec.hparams.hidden_size = 12;
    codec.hparams.encoder_hidden_size = 3;
    codec.hparams.decoder_hidden_size = 12;
    codec.hparams.downsampling_ratios = {2, 4};
    codec.hparams.upsampling_ratios = {4, 2};
    return codec;
}

}  // namespace dia::testing
