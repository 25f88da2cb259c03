#include "gguf/tensor_names.h"

#include <algorithm>
#include <initializer_list>

#include "gguf/storage_type.h"
#include "model/model.h"

namespace dia {

namespace {

// A table row names sizes by letter, as the headers of the weights do; a size struct gives the letters their
// values. In names, {i} is the layer, block or quantizer, {j} the residual unit, {j+1} the same counted from 1.

template <typename Sizes>
using Size = int64_t Sizes::*;

// A checkpoint's part of a tensor, and the sizes of that part in ggml order.
template <typename Sizes>
struct SourceRow {
    const char * name;
    std::vector<Size<Sizes>> sizes;
};

template <typename Weights, typename Sizes>
struct TensorRow {
    ggml_tensor * Weights::*member;
    const char * name;
    TensorRole role;
    std::vector<SourceRow<Sizes>> sources;
};

// A convolution: <name>.weight and <name>.bias; the bias has the size `out`.
template <typename Weights, typename Sizes>
struct ConvRow {
    DacConv Weights::*member;
    const char * name;
    const char * source;
    TensorRole role;
    std::vector<Size<Sizes>> sizes;
    Size<Sizes> out;
};

// Where the names of a group of rows begin.
struct Prefix {
    const char * name;
    const char * source;
    int i = 0;
    int j = 0;
};

std::string replace(std::string text, const std::string & placeholder, const std::string & value) {
    const size_t at = text.find(placeholder);
    return at == std::string::npos ? text : text.replace(at, placeholder.size(), value);
}

std::string numbered(const std::string & pattern, const Prefix & prefix) {
    std::string name = replace(pattern, "{i}", std::to_string(prefix.i));
    name = replace(name, "{j}", std::to_string(prefix.j));
    return replace(name, "{j+1}", std::to_string(prefix.j + 1));
}

// The checkpoint's shape of a tensor, from its sizes in ggml order.
std::vector<int64_t> source_shape(TensorRole role, const std::vector<int64_t> & sizes) {
    if (role == TensorRole::alpha) {
        return {1, sizes[0], 1};
    }
    if (role == TensorRole::conv_transposed) {
        return {sizes[0], sizes[2], sizes[1]};
    }
    return {sizes.rbegin(), sizes.rend()};
}

class TableBuilder {
public:
    // What is added from now on belongs to a part.
    void begin_part(ModelPart part) { part_ = part; }

    template <typename Weights, typename Sizes>
    void add(const std::vector<TensorRow<Weights, Sizes>> & rows, const Prefix & prefix, const Sizes & sizes,
             Weights & weights) {
        for (const auto & row : rows) {
            TensorEntry entry = begin(prefix, row.name, row.role, &(weights.*row.member));
            for (const auto & source : row.sources) {
                append(entry, prefix, source.name, values(source.sizes, sizes));
            }
            entries_.push_back(std::move(entry));
        }
    }

    template <typename Weights, typename Sizes>
    void add(const ConvRow<Weights, Sizes> & row, const Prefix & prefix, const Sizes & sizes, Weights & weights) {
        const std::string name = row.name;
        const std::string source = row.source;
        DacConv & conv = weights.*row.member;

        TensorEntry weight = begin(prefix, name + ".weight", row.role, &conv.weight);
        append(weight, prefix, source + ".weight", values(row.sizes, sizes));
        entries_.push_back(std::move(weight));

        TensorEntry bias = begin(prefix, name + ".bias", TensorRole::bias, &conv.bias);
        append(bias, prefix, source + ".bias", {sizes.*row.out});
        entries_.push_back(std::move(bias));
    }

    std::vector<TensorEntry> take() { return std::move(entries_); }

private:
    template <typename Sizes>
    static std::vector<int64_t> values(const std::vector<Size<Sizes>> & names, const Sizes & sizes) {
        std::vector<int64_t> result;
        for (const Size<Sizes> name : names) {
            result.push_back(sizes.*name);
        }
        return result;
    }

    TensorEntry begin(const Prefix & prefix, const std::string & name, TensorRole role, ggml_tensor ** slot) const {
        const std::string pattern = prefix.name + name;
        return {numbered(pattern, prefix), pattern, role, {}, {}, part_, prefix.i, slot};
    }

    // The parts of a fused tensor agree in all but their slowest size, which adds up.
    static void append(TensorEntry & entry, const Prefix & prefix, const std::string & name,
                       const std::vector<int64_t> & sizes) {
        entry.sources.push_back({numbered(prefix.source + name, prefix), source_shape(entry.role, sizes)});
        if (entry.shape.empty()) {
            entry.shape = sizes;
        } else {
            entry.shape.back() += sizes.back();
        }
    }

    ModelPart part_ = ModelPart::encoder;
    std::vector<TensorEntry> entries_;
};

// Letters as in model/encoder_weights.h, and V vocab_size.
struct EncoderSizes {
    int64_t H, A, K, I, V;

    explicit EncoderSizes(const EncoderHparams & h)
        : H(h.hidden_size),
          A(int64_t{h.num_attention_heads} * h.head_dim),
          K(int64_t{h.num_key_value_heads} * h.head_dim),
          I(h.intermediate_size),
          V(h.vocab_size) {}

    int64_t I2 = 2 * I;
};

void add_encoder(TableBuilder & table, const EncoderHparams & hparams, EncoderWeights & weights) {
    using S = EncoderSizes;
    using W = EncoderWeights;
    using L = EncoderLayerWeights;
    static const std::vector<TensorRow<W, S>> first = {
        {&W::embedding, "token_embd.weight", TensorRole::embedding, {{"embedding.weight", {&S::H, &S::V}}}},
    };
    static const std::vector<TensorRow<L, S>> layer = {
        {&L::pre_sa_norm, "attn_norm.weight", TensorRole::norm, {{"pre_sa_norm.weight", {&S::H}}}},
        {&L::qkv_proj,
         "attn_qkv.weight",
         TensorRole::matrix,
         {{"self_attention.q_proj.weight", {&S::H, &S::A}},
          {"self_attention.k_proj.weight", {&S::H, &S::K}},
          {"self_attention.v_proj.weight", {&S::H, &S::K}}}},
        {&L::o_proj, "attn_output.weight", TensorRole::matrix, {{"self_attention.o_proj.weight", {&S::A, &S::H}}}},
        {&L::post_sa_norm, "ffn_norm.weight", TensorRole::norm, {{"post_sa_norm.weight", {&S::H}}}},
        {&L::gate_up_proj,
         "ffn_gate_up.weight",
         TensorRole::matrix,
         {{"mlp.gate_up_proj.weight", {&S::H, &S::I2}}}},
        {&L::down_proj, "ffn_down.weight", TensorRole::matrix, {{"mlp.down_proj.weight", {&S::I, &S::H}}}},
    };
    static const std::vector<TensorRow<W, S>> last = {
        {&W::norm, "output_norm.weight", TensorRole::norm, {{"norm.weight", {&S::H}}}},
    };

    const EncoderSizes sizes(hparams);
    table.begin_part(ModelPart::encoder);
    weights.layers.assign(static_cast<size_t>(hparams.num_hidden_layers), {});
    table.add(first, {"dia.enc.", "model.encoder."}, sizes, weights);
    for (int i = 0; i < hparams.num_hidden_layers; ++i) {
        table.add(layer, {"dia.enc.blk.{i}.", "model.encoder.layers.{i}.", i}, sizes,
                  weights.layers[static_cast<size_t>(i)]);
    }
    table.add(last, {"dia.enc.", "model.encoder."}, sizes, weights);
}

// Letters as in model/decoder_weights.h.
struct DecoderSizes {
    int64_t H, A, K, I, X, Y, E, CV;

    explicit DecoderSizes(const DecoderHparams & h)
        : H(h.hidden_size),
          A(int64_t{h.num_attention_heads} * h.head_dim),
          K(int64_t{h.num_key_value_heads} * h.head_dim),
          I(h.intermediate_size),
          X(int64_t{h.cross_num_attention_heads} * h.cross_head_dim),
          Y(int64_t{h.cross_num_key_value_heads} * h.cross_head_dim),
          E(h.cross_hidden_size),
          CV(int64_t{h.num_channels} * h.vocab_size) {}

    int64_t I2 = 2 * I;
};

void add_decoder(TableBuilder & table, const DecoderHparams & hparams, DecoderWeights & weights) {
    using S = DecoderSizes;
    using W = DecoderWeights;
    using L = DecoderLayerWeights;
    static const std::vector<TensorRow<W, S>> first = {
        {&W::embeddings,
         "token_embd.weight",
         TensorRole::embedding,
         {{"embeddings.embed.weight", {&S::H, &S::CV}}}},
    };
    static const std::vector<TensorRow<L, S>> layer = {
        {&L::pre_sa_norm, "attn_norm.weight", TensorRole::norm, {{"pre_sa_norm.weight", {&S::H}}}},
        {&L::qkv_proj,
         "attn_qkv.weight",
         TensorRole::matrix,
         {{"self_attention.q_proj.weight", {&S::H, &S::A}},
          {"self_attention.k_proj.weight", {&S::H, &S::K}},
          {"self_attention.v_proj.weight", {&S::H, &S::K}}}},
        {&L::o_proj, "attn_output.weight", TensorRole::matrix, {{"self_attention.o_proj.weight", {&S::A, &S::H}}}},
        {&L::pre_ca_norm, "cross_attn_norm.weight", TensorRole::norm, {{"pre_ca_norm.weight", {&S::H}}}},
        {&L::cross_q_proj,
         "cross_attn_q.weight",
         TensorRole::matrix,
         {{"cross_attention.q_proj.weight", {&S::H, &S::X}}}},
        {&L::cross_kv_proj,
         "cross_attn_kv.weight",
         TensorRole::matrix,
         {{"cross_attention.k_proj.weight", {&S::E, &S::Y}}, {"cross_attention.v_proj.weight", {&S::E, &S::Y}}}},
        {&L::cross_o_proj,
         "cross_attn_output.weight",
         TensorRole::matrix,
         {{"cross_attention.o_proj.weight", {&S::X, &S::H}}}},
        {&L::pre_mlp_norm, "ffn_norm.weight", TensorRole::norm, {{"pre_mlp_norm.weight", {&S::H}}}},
        {&L::gate_up_proj,
         "ffn_gate_up.weight",
         TensorRole::matrix,
         {{"mlp.gate_up_proj.weight", {&S::H, &S::I2}}}},
        {&L::down_proj, "ffn_down.weight", TensorRole::matrix, {{"mlp.down_proj.weight", {&S::I, &S::H}}}},
    };
    static const std::vector<TensorRow<W, S>> norm = {
        {&W::norm, "output_norm.weight", TensorRole::norm, {{"norm.weight", {&S::H}}}},
    };
    static const std::vector<TensorRow<W, S>> head = {
        {&W::logits_dense, "output.weight", TensorRole::matrix, {{"logits_dense.weight", {&S::H, &S::CV}}}},
    };

    const DecoderSizes sizes(hparams);
    weights.layers.assign(static_cast<size_t>(hparams.num_hidden_layers), {});
    table.begin_part(ModelPart::decoder_embeddings);
    table.add(first, {"dia.dec.", "model.decoder."}, sizes, weights);
    table.begin_part(ModelPart::decoder_layer);
    for (int i = 0; i < hparams.num_hidden_layers; ++i) {
        table.add(layer, {"dia.dec.blk.{i}.", "model.decoder.layers.{i}.", i}, sizes,
                  weights.layers[static_cast<size_t>(i)]);
    }
    table.begin_part(ModelPart::decoder_head);
    table.add(norm, {"dia.dec.", "model.decoder."}, sizes, weights);
    table.add(head, {"dia.dec.", ""}, sizes, weights);
}

// A convolution's sizes: channels in and out, and kernels.
struct CodecSizes {
    int64_t in, out, stride_kernel;

    int64_t k1 = 1, k3 = 3, k7 = 7;
};

void add_residual_unit(TableBuilder & table, const Prefix & prefix, int64_t channels, DacResidualUnit & unit) {
    using S = CodecSizes;
    using W = DacResidualUnit;
    static const std::vector<TensorRow<W, S>> snake1 = {
        {&W::snake1, "snake1.alpha", TensorRole::alpha, {{"snake1.alpha", {&S::in}}}},
    };
    static const ConvRow<W, S> conv1 = {&W::conv1, "conv1", "conv1", TensorRole::conv, {&S::k7, &S::in, &S::out},
                                        &S::out};
    static const std::vector<TensorRow<W, S>> snake2 = {
        {&W::snake2, "snake2.alpha", TensorRole::alpha, {{"snake2.alpha", {&S::in}}}},
    };
    static const ConvRow<W, S> conv2 = {&W::conv2, "conv2", "conv2", TensorRole::conv, {&S::k1, &S::in, &S::out},
                                        &S::out};

    const CodecSizes sizes{channels, channels, 0};
    table.add(snake1, prefix, sizes, unit);
    table.add(conv1, prefix, sizes, unit);
    table.add(snake2, prefix, sizes, unit);
    table.add(conv2, prefix, sizes, unit);
}

void add_residual_units(TableBuilder & table, const Prefix & prefix, int64_t channels, DacBlock & block) {
    for (int j = 0; j < static_cast<int>(block.res_units.size()); ++j) {
        add_residual_unit(table, {prefix.name, prefix.source, prefix.i, j}, channels,
                          block.res_units[static_cast<size_t>(j)]);
    }
}

const std::vector<TensorRow<DacBlock, CodecSizes>> & block_snake() {
    static const std::vector<TensorRow<DacBlock, CodecSizes>> rows = {
        {&DacBlock::snake, "snake.alpha", TensorRole::alpha, {{"snake1.alpha", {&CodecSizes::in}}}},
    };
    return rows;
}

// The first convolution, the snake before the last one, and the last one: the same for encoder and decoder.
template <typename W>
struct CodecEnds {
    using S = CodecSizes;
    ConvRow<W, S> conv_in = {&W::conv1, "conv_in", "conv1", TensorRole::conv, {&S::k7, &S::in, &S::out}, &S::out};
    std::vector<TensorRow<W, S>> snake = {
        {&W::snake, "snake.alpha", TensorRole::alpha, {{"snake1.alpha", {&S::in}}}},
    };
    ConvRow<W, S> conv_out;

    explicit CodecEnds(Size<S> last_kernel)
        : conv_out{&W::conv2, "conv_out", "conv2", TensorRole::conv, {last_kernel, &S::in, &S::out}, &S::out} {}
};

// Each block doubles the channels.
void add_codec_encoder(TableBuilder & table, const DacHparams & hparams, DacEncoderWeights & weights) {
    using S = CodecSizes;
    static const CodecEnds<DacEncoderWeights> ends(&S::k3);
    static const ConvRow<DacBlock, S> down = {
        &DacBlock::conv, "down", "conv1", TensorRole::conv, {&S::stride_kernel, &S::in, &S::out}, &S::out};
    const Prefix top = {"dac.enc.", "encoder."};
    table.begin_part(ModelPart::codec_encoder);

    const int n_blocks = static_cast<int>(hparams.downsampling_ratios.size());
    weights.blocks.assign(static_cast<size_t>(n_blocks), {});
    int64_t channels = hparams.encoder_hidden_size;
    table.add(ends.conv_in, top, {1, channels, 0}, weights);
    for (int i = 0; i < n_blocks; ++i) {
        DacBlock & block = weights.blocks[static_cast<size_t>(i)];
        const int64_t stride = hparams.downsampling_ratios[static_cast<size_t>(i)];
        const Prefix prefix = {"dac.enc.blk.{i}.", "encoder.block.{i}.", i};
        const CodecSizes sizes = {channels, 2 * channels, 2 * stride};
        add_residual_units(table, {"dac.enc.blk.{i}.res.{j}.", "encoder.block.{i}.res_unit{j+1}.", i}, channels,
                           block);
        table.add(block_snake(), prefix, sizes, block);
        table.add(down, prefix, sizes, block);
        channels *= 2;
    }
    table.add(ends.snake, top, {channels, 0, 0}, weights);
    table.add(ends.conv_out, top, {channels, hparams.hidden_size, 0}, weights);
}

// Each block halves the channels.
void add_codec_decoder(TableBuilder & table, const DacHparams & hparams, DacDecoderWeights & weights) {
    using S = CodecSizes;
    static const CodecEnds<DacDecoderWeights> ends(&S::k7);
    static const ConvRow<DacBlock, S> up = {
        &DacBlock::conv, "up", "conv_t1", TensorRole::conv_transposed, {&S::in, &S::stride_kernel, &S::out},
        &S::out};
    const Prefix top = {"dac.dec.", "decoder."};
    table.begin_part(ModelPart::codec_decoder);

    const int n_blocks = static_cast<int>(hparams.upsampling_ratios.size());
    weights.blocks.assign(static_cast<size_t>(n_blocks), {});
    int64_t channels = hparams.decoder_hidden_size;
    table.add(ends.conv_in, top, {hparams.hidden_size, channels, 0}, weights);
    for (int i = 0; i < n_blocks; ++i) {
        DacBlock & block = weights.blocks[static_cast<size_t>(i)];
        const int64_t stride = hparams.upsampling_ratios[static_cast<size_t>(i)];
        const Prefix prefix = {"dac.dec.blk.{i}.", "decoder.block.{i}.", i};
        const CodecSizes sizes = {channels, channels / 2, 2 * stride};
        table.add(block_snake(), prefix, sizes, block);
        table.add(up, prefix, sizes, block);
        channels /= 2;
        add_residual_units(table, {"dac.dec.blk.{i}.res.{j}.", "decoder.block.{i}.res_unit{j+1}.", i}, channels,
                           block);
    }
    table.add(ends.snake, top, {channels, 0, 0}, weights);
    table.add(ends.conv_out, top, {channels, 1, 0}, weights);
}

// L hidden_size, D codebook_dim, N codebook_size.
struct QuantizerSizes {
    int64_t L, D, N;

    int64_t k1 = 1;
};

void add_quantizers(TableBuilder & table, const DacHparams & hparams, std::vector<DacQuantizer> & quantizers) {
    using S = QuantizerSizes;
    using W = DacQuantizer;
    static const ConvRow<W, S> in_proj = {
        &W::in_proj, "in_proj", "in_proj", TensorRole::conv, {&S::k1, &S::L, &S::D}, &S::D};
    static const std::vector<TensorRow<W, S>> codebook = {
        {&W::codebook, "codebook.weight", TensorRole::codebook, {{"codebook.weight", {&S::D, &S::N}}}},
    };
    static const ConvRow<W, S> out_proj = {&W::out_proj,           "out_proj", "out_proj", TensorRole::conv,
                                           {&S::k1, &S::D, &S::L}, &S::L};

    const QuantizerSizes sizes = {hparams.hidden_size, hparams.codebook_dim, hparams.codebook_size};
    table.begin_part(ModelPart::codec_quantizer);
    quantizers.assign(static_cast<size_t>(hparams.n_codebooks), {});
    for (int i = 0; i < hparams.n_codebooks; ++i) {
        const Prefix prefix = {"dac.quant.{i}.", "quantizer.quantizers.{i}.", i};
        DacQuantizer & quantizer = quantizers[static_cast<size_t>(i)];
        if (hparams.has_encoder) {
            table.add(in_proj, prefix, sizes, quantizer);
        }
        table.add(codebook, prefix, sizes, quantizer);
        table.add(out_proj, prefix, sizes, quantizer);
    }
}

std::vector<dia_type> types_of(TensorRole role) {
    switch (role) {
        case TensorRole::matrix:
        case TensorRole::embedding: {
            std::vector<dia_type> types;
            for (const StorageType & type : storage_types()) {
                types.push_back(type.type);
            }
            return types;
        }
        case TensorRole::conv:
        case TensorRole::conv_transposed:
            return {DIA_TYPE_F32, DIA_TYPE_F16};
        default:
            return {DIA_TYPE_F32};
    }
}

}  // namespace

int64_t TensorEntry::n_elements() const {
    int64_t total = 1;
    for (const int64_t size : shape) {
        total *= size;
    }
    return total;
}

std::vector<TensorEntry> tensor_table(Model & model, bool with_codec) {
    TableBuilder table;
    add_encoder(table, model.hparams.dia.encoder, model.encoder);
    add_decoder(table, model.hparams.dia.decoder, model.decoder);
    if (with_codec) {
        DacWeights & weights = model.dac.emplace();
        if (model.hparams.dac->has_encoder) {
            add_codec_encoder(table, *model.hparams.dac, weights.encoder);
        }
        add_quantizers(table, *model.hparams.dac, weights.quantizers);
        add_codec_decoder(table, *model.hparams.dac, weights.decoder);
    }
    return table.take();
}

bool is_allowed_type(TensorRole role, dia_type type) {
    const std::vector<dia_type> types = types_of(role);
    return std::find(types.begin(), types.end(), type) != types.end();
}

std::string allowed_types(TensorRole role) {
    const std::vector<dia_type> types = types_of(role);
    std::string text;
    for (size_t i = 0; i < types.size(); ++i) {
        text += i == 0 ? "" : i + 1 < types.size() ? ", " : " or ";
        text += type_name(types[i]);
    }
    return text;
}

std::string shape_text(const std::vector<int64_t> & shape) {
    std::string text = "[";
    for (const int64_t size : shape) {
        text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    }
    return text + "]";
}

}  // namespace dia
