#include "convert/ttscpp_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "gguf/gguf_values.h"
#include "gguf/storage_type.h"
#include "support/error.h"

namespace dia {

namespace {

// Our name of a tensor, and theirs. {i} and {j} are numbers of our name, {i+1} the same counted from 1; {c} stands
// for every channel in turn. Several of theirs form one of ours, row after row.
struct NameRow {
    const char * pattern;
    std::array<const char *, 3> names;
};

constexpr NameRow kNames[] = {
    {"dia.enc.token_embd.weight", {"dia.encoder.embedding"}},
    {"dia.enc.blk.{i}.attn_norm.weight", {"dia.encoder.layers.{i}.pre_sa_norm"}},
    {"dia.enc.blk.{i}.attn_qkv.weight",
     {"dia.encoder.layers.{i}.q_proj", "dia.encoder.layers.{i}.k_proj", "dia.encoder.layers.{i}.v_proj"}},
    {"dia.enc.blk.{i}.attn_output.weight", {"dia.encoder.layers.{i}.o_proj"}},
    {"dia.enc.blk.{i}.ffn_norm.weight", {"dia.encoder.layers.{i}.post_sa_norm"}},
    {"dia.enc.blk.{i}.ffn_gate_up.weight", {"dia.encoder.layers.{i}.gate", "dia.encoder.layers.{i}.up"}},
    {"dia.enc.blk.{i}.ffn_down.weight", {"dia.encoder.layers.{i}.wo"}},
    {"dia.enc.output_norm.weight", {"dia.encoder.norm"}},
    {"dia.dec.token_embd.weight", {"dia.decoder.embeddings.{c}"}},
    {"dia.dec.blk.{i}.attn_norm.weight", {"dia.decoder.layers.{i}.pre_sa_norm"}},
    {"dia.dec.blk.{i}.attn_qkv.weight",
     {"dia.decoder.layers.{i}.self_q_proj", "dia.decoder.layers.{i}.self_k_proj",
      "dia.decoder.layers.{i}.self_v_proj"}},
    {"dia.dec.blk.{i}.attn_output.weight", {"dia.decoder.layers.{i}.self_o_proj"}},
    {"dia.dec.blk.{i}.cross_attn_norm.weight", {"dia.decoder.layers.{i}.pre_ca_norm"}},
    {"dia.dec.blk.{i}.cross_attn_q.weight", {"dia.decoder.layers.{i}.cross_q_proj"}},
    {"dia.dec.blk.{i}.cross_attn_kv.weight",
     {"dia.decoder.layers.{i}.cross_k_proj", "dia.decoder.layers.{i}.cross_v_proj"}},
    {"dia.dec.blk.{i}.cross_attn_output.weight", {"dia.decoder.layers.{i}.cross_o_proj"}},
    {"dia.dec.blk.{i}.ffn_norm.weight", {"dia.decoder.layers.{i}.pre_mlp_norm"}},
    {"dia.dec.blk.{i}.ffn_gate_up.weight", {"dia.decoder.layers.{i}.gate", "dia.decoder.layers.{i}.up"}},
    {"dia.dec.blk.{i}.ffn_down.weight", {"dia.decoder.layers.{i}.wo"}},
    {"dia.dec.output_norm.weight", {"dia.decoder.norm"}},
    {"dia.dec.output.weight", {"dia.decoder.heads.{c}"}},
    {"dac.quant.{i}.codebook.weight", {"audio_encoder.quantizers.{i}.codebook.weight"}},
    {"dac.quant.{i}.out_proj.weight", {"audio_encoder.quantizers.{i}.out_proj.weight"}},
    {"dac.quant.{i}.out_proj.bias", {"audio_encoder.quantizers.{i}.out_proj.bias"}},
    {"dac.dec.conv_in.weight", {"audio_encoder.initial.weight"}},
    {"dac.dec.conv_in.bias", {"audio_encoder.initial.bias"}},
    {"dac.dec.blk.{i}.snake.alpha", {"audio_encoder.decoder_block.{i+1}.final.alpha"}},
    {"dac.dec.blk.{i}.up.weight", {"audio_encoder.decoder_block.{i+1}.final.weight"}},
    {"dac.dec.blk.{i}.up.bias", {"audio_encoder.decoder_block.{i+1}.final.bias"}},
    {"dac.dec.blk.{i}.res.{j}.snake1.alpha",
     {"audio_encoder.decoder_block.{i+1}.residual_unit.{j}.res.initial.alpha"}},
    {"dac.dec.blk.{i}.res.{j}.conv1.weight",
     {"audio_encoder.decoder_block.{i+1}.residual_unit.{j}.res.initial.weight"}},
    {"dac.dec.blk.{i}.res.{j}.conv1.bias",
     {"audio_encoder.decoder_block.{i+1}.residual_unit.{j}.res.initial.bias"}},
    {"dac.dec.blk.{i}.res.{j}.snake2.alpha",
     {"audio_encoder.decoder_block.{i+1}.residual_unit.{j}.res.final.alpha"}},
    {"dac.dec.blk.{i}.res.{j}.conv2.weight",
     {"audio_encoder.decoder_block.{i+1}.residual_unit.{j}.res.final.weight"}},
    {"dac.dec.blk.{i}.res.{j}.conv2.bias", {"audio_encoder.decoder_block.{i+1}.residual_unit.{j}.res.final.bias"}},
    {"dac.dec.snake.alpha", {"audio_encoder.final.alpha"}},
    {"dac.dec.conv_out.weight", {"audio_encoder.final.weight"}},
    {"dac.dec.conv_out.bias", {"audio_encoder.final.bias"}},
};

// The numbers that stand in a name where its pattern has {i} and {j}.
std::vector<int> numbers_in(const std::string & pattern, const std::string & name) {
    std::vector<int> numbers;
    size_t at = 0;
    for (size_t p = 0; p < pattern.size(); ++p) {
        if (pattern[p] != '{') {
            ++at;
            continue;
        }
        size_t n_digits = 0;
        numbers.push_back(std::stoi(name.substr(at), &n_digits));
        at += n_digits;
        p = pattern.find('}', p);
    }
    return numbers;
}

std::string replace(std::string text, const char * placeholder, int number) {
    const size_t at = text.find(placeholder);
    return at == std::string::npos ? text : text.replace(at, std::strlen(placeholder), std::to_string(number));
}

// Sizes of 1 do not count: their files have them at one end or the other, or not at all.
std::vector<int64_t> without_ones(std::vector<int64_t> shape) {
    shape.erase(std::remove(shape.begin(), shape.end(), 1), shape.end());
    return shape;
}

const GgufTensor & find(const GgufFile & file, const std::string & name) {
    const GgufTensor * tensor = file.find_tensor(name);
    if (tensor == nullptr) {
        fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s is missing; a Dia file of TTS.cpp has it", file.path().c_str(),
             name.c_str());
    }
    return *tensor;
}

int32_t size_of(const GgufFile & file, const char * name, size_t dimension) {
    const GgufTensor & tensor = find(file, name);
    const int64_t size = dimension < tensor.shape.size() ? tensor.shape[dimension] : 1;
    if (size > INT32_MAX) {
        fail(DIA_STATUS_INVALID_FILE, "%s: size %zu of tensor %s is %lld", file.path().c_str(), dimension, name,
             static_cast<long long>(size));
    }
    return static_cast<int32_t>(size);
}

// How many heads make a projection of this many rows.
int32_t heads_in(const GgufFile & file, const char * name, int32_t head_dim) {
    const int32_t rows = size_of(file, name, 1);
    if (head_dim <= 0 || rows % head_dim != 0) {
        fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s has %d rows, no multiple of the head size %d",
             file.path().c_str(), name, rows, head_dim);
    }
    return rows / head_dim;
}

EncoderHparams read_encoder(const GgufFile & file) {
    EncoderHparams encoder;
    encoder.max_position_embeddings = file.integer("dia.encoder.max_context_length");
    encoder.num_hidden_layers = file.integer("dia.encoder.layers");
    encoder.hidden_size = size_of(file, "dia.encoder.embedding", 0);
    encoder.vocab_size = size_of(file, "dia.encoder.embedding", 1);
    encoder.head_dim = file.integer("dia.attn_head_size");
    encoder.num_attention_heads = file.integer("dia.encoder.attn_heads");
    encoder.num_key_value_heads = heads_in(file, "dia.encoder.layers.0.k_proj", encoder.head_dim);
    encoder.intermediate_size = size_of(file, "dia.encoder.layers.0.gate", 1);
    return encoder;
}

DecoderHparams read_decoder(const GgufFile & file) {
    DecoderHparams decoder;
    decoder.max_position_embeddings = file.integer("dia.decoder.max_generation_size");
    decoder.num_hidden_layers = file.integer("dia.decoder.layers");
    decoder.hidden_size = file.integer("dia.decoder.hidden_size");
    decoder.intermediate_size = size_of(file, "dia.decoder.layers.0.gate", 1);
    decoder.head_dim = file.integer("dia.attn_head_size");
    decoder.num_attention_heads = file.integer("dia.decoder.attn_heads");
    decoder.num_key_value_heads = file.integer("dia.decoder.query_heads");  // that is what the key holds
    decoder.cross_head_dim = decoder.head_dim;
    decoder.cross_num_attention_heads = heads_in(file, "dia.decoder.layers.0.cross_q_proj", decoder.head_dim);
    decoder.cross_num_key_value_heads = heads_in(file, "dia.decoder.layers.0.cross_k_proj", decoder.head_dim);
    decoder.cross_hidden_size = size_of(file, "dia.decoder.layers.0.cross_k_proj", 0);
    decoder.vocab_size = file.integer("dia.decoder.output_vocab_size");
    decoder.num_channels = file.integer("dia.decoder.output_heads");
    return decoder;
}

// Of the delay pattern the files only state the largest delay.
void check_delays(const GgufFile & file, const DiaHparams & dia) {
    const int32_t max_delay = file.integer("dia.max_delay");
    const auto n_channels = static_cast<int32_t>(dia.delay_pattern.size());
    if (dia.decoder.num_channels != n_channels || max_delay != dia.max_delay()) {
        fail(DIA_STATUS_UNSUPPORTED,
             "%s: %d channels with a largest delay of %d; the files of TTS.cpp do not state the delays between, "
             "which are known for %d channels and %d only",
             file.path().c_str(), dia.decoder.num_channels, max_delay, n_channels, dia.max_delay());
    }
}

DacHparams read_codec(const GgufFile & file) {
    DacHparams dac;
    dac.has_encoder = false;
    dac.n_codebooks = file.integer("dia.decoder.output_heads");
    dac.codebook_dim = size_of(file, "audio_encoder.quantizers.0.codebook.weight", 0);
    dac.codebook_size = size_of(file, "audio_encoder.quantizers.0.codebook.weight", 1);
    dac.hidden_size = size_of(file, "audio_encoder.initial.weight", 1);
    dac.decoder_hidden_size = size_of(file, "audio_encoder.initial.weight", 2);
    dac.upsampling_ratios.clear();
    for (int i = 0; i < DIA_MAX_CODEC_BLOCKS; ++i) {
        const std::string key = "dac.dac_layer_stride_" + std::to_string(i);
        if (file.has(key.c_str())) {
            dac.upsampling_ratios.push_back(file.integer(key.c_str()));
        }
    }
    if (file.has("dac.up_scaling_factor")) {
        dac.hop_length = file.integer("dac.up_scaling_factor");
    }
    dac.downsampling_ratios.assign(dac.upsampling_ratios.rbegin(), dac.upsampling_ratios.rend());
    return dac;
}

Hparams read_ttscpp_hparams(const GgufFile & file) {
    if (file.has("dia.format_version") || !file.has("dia.attn_head_size")) {
        fail(DIA_STATUS_INVALID_FILE, "%s: this is no Dia file of TTS.cpp: %s", file.path().c_str(),
             file.has("dia.format_version") ? "it is one of this library, and needs no conversion"
                                            : "the key dia.attn_head_size is missing");
    }
    Hparams hparams;
    hparams.name = file.has("general.name") ? file.text("general.name") : "Dia";
    hparams.dia.encoder = read_encoder(file);
    hparams.dia.decoder = read_decoder(file);
    hparams.dia.bos_token_id = file.integer("dia.bos_token_id");
    hparams.dia.eos_token_id = file.integer("dia.eos_token_id");
    hparams.dia.pad_token_id = file.integer("dia.pad_token_id");
    check_delays(file, hparams.dia);
    if (file.has("dia.cfg_scale")) {
        hparams.generation.guidance_scale = file.number("dia.cfg_scale");
    }
    hparams.generation.max_length = hparams.dia.decoder.max_position_embeddings;
    hparams.dac = read_codec(file);
    hparams.validate(file.path());
    return hparams;
}

// The tensors of a file that form one of ours.
class TtsCppValues : public TensorValues {
public:
    TtsCppValues(const GgufFile & file, const TensorEntry & entry, const std::vector<std::string> & names)
        : file_(file), entry_(entry) {
        for (size_t i = 0; i < names.size(); ++i) {
            const std::vector<int64_t> shape = part_shape(i, names.size());
            parts_.push_back({&find_part(names[i], shape), shape.back()});
        }
    }

    // The type of the parts; F32 if they differ.
    dia_type type() const override {
        const ggml_type first = parts_[0].tensor->type;
        const bool same = std::all_of(parts_.begin(), parts_.end(),
                                      [first](const Part & part) { return part.tensor->type == first; });
        return same ? static_cast<dia_type>(first) : DIA_TYPE_F32;
    }

    std::string place() const override { return file_.path() + ": tensor " + parts_[0].tensor->name; }

    bool is_stored() const override { return !is_transposed(); }

    // The parts stand one behind the other.
    void read_stored(uint64_t first, span<uint8_t> bytes) const override {
        uint64_t part_first = 0;
        for (const Part & part : parts_) {
            const uint64_t part_end = part_first + part.tensor->n_bytes;
            if (first < part_end && !bytes.empty()) {
                const auto count = static_cast<size_t>(std::min<uint64_t>(bytes.size(), part_end - first));
                file_.read(*part.tensor, first - part_first, bytes.subspan(0, count));
                bytes = bytes.subspan(count, bytes.size() - count);
                first += count;
            }
            part_first = part_end;
        }
    }

    void read(int64_t first, int64_t count, span<float> values) const override {
        const auto slice = static_cast<size_t>(entry_.n_elements() / entry_.shape.back());
        int64_t part_first = 0;
        for (const Part & part : parts_) {
            const int64_t begin = std::max(first, part_first);
            const int64_t n = std::min(first + count, part_first + part.n_slices) - begin;
            if (n > 0) {
                const span<float> target =
                    values.subspan(static_cast<size_t>(begin - first) * slice, static_cast<size_t>(n) * slice);
                read_part(part, begin - part_first, n, target);
            }
            part_first += part.n_slices;
        }
    }

private:
    struct Part {
        const GgufTensor * tensor;
        int64_t n_slices;
    };

    bool is_transposed() const { return entry_.role == TensorRole::conv_transposed; }

    // Parts are those that the checkpoint has, or equal shares.
    std::vector<int64_t> part_shape(size_t index, size_t n_parts) const {
        std::vector<int64_t> shape = entry_.shape;
        if (n_parts > 1) {
            shape.back() = n_parts == entry_.sources.size() ? entry_.sources[index].shape[0]
                                                            : shape.back() / static_cast<int64_t>(n_parts);
        }
        return shape;
    }

    const GgufTensor & find_part(const std::string & name, const std::vector<int64_t> & shape) const {
        const GgufTensor & tensor = find(file_, name);
        // Ours is [in, kernel, out].
        const std::vector<int64_t> expected =
            is_transposed() ? std::vector<int64_t>{shape[1], shape[2], shape[0]} : shape;
        if (without_ones(tensor.shape) != without_ones(expected) ||
            !is_allowed_type(entry_.role, static_cast<dia_type>(tensor.type))) {
            fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s: expected %s %s, found %s %s", file_.path().c_str(),
                 name.c_str(), shape_text(expected).c_str(), allowed_types(entry_.role).c_str(),
                 shape_text(tensor.shape).c_str(), ggml_type_name(tensor.type));
        }
        return tensor;
    }

    void read_part(const Part & part, int64_t first, int64_t count, span<float> values) const {
        if (is_transposed()) {
            read_transposed(part, first, count, values);
        } else {
            read_slices(file_, *part.tensor, part.n_slices, first, count, values);
        }
    }

    // From [kernel, out, in] to [in, kernel, out].
    void read_transposed(const Part & part, int64_t first, int64_t count, span<float> values) const {
        const int64_t n_in = entry_.shape[0];
        const int64_t n_kernel = entry_.shape[1];
        const int64_t n_out = entry_.shape[2];
        std::vector<float> taps(static_cast<size_t>(count * n_kernel));  // [count, kernel] of one input channel
        for (int64_t in = 0; in < n_in; ++in) {
            read_slices(file_, *part.tensor, n_in * n_out, in * n_out + first, count, taps);
            for (size_t tap = 0; tap < taps.size(); ++tap) {
                values[tap * static_cast<size_t>(n_in) + static_cast<size_t>(in)] = taps[tap];
            }
        }
    }

    const GgufFile & file_;
    const TensorEntry & entry_;
    std::vector<Part> parts_;
};

}  // namespace

TtsCppFile::TtsCppFile(const std::string & path) : file_(path), hparams_(read_ttscpp_hparams(file_)) {}

std::vector<std::string> TtsCppFile::names_of(const TensorEntry & entry) const {
    const auto * row = std::find_if(std::begin(kNames), std::end(kNames),
                                    [&](const NameRow & candidate) { return candidate.pattern == entry.pattern; });
    if (row == std::end(kNames)) {
        fail(DIA_STATUS_INTERNAL, "tensor %s has no name in the files of TTS.cpp", entry.name.c_str());
    }
    const std::vector<int> numbers = numbers_in(entry.pattern, entry.name);
    std::vector<std::string> names;
    for (const char * pattern : row->names) {
        if (pattern == nullptr) {
            break;
        }
        std::string name = pattern;
        if (!numbers.empty()) {
            name = replace(replace(name, "{i}", numbers[0]), "{i+1}", numbers[0] + 1);
            name = replace(name, "{j}", numbers.back());
        }
        if (name.find("{c}") == std::string::npos) {
            names.push_back(name);
            continue;
        }
        for (int32_t channel = 0; channel < hparams_.dia.decoder.num_channels; ++channel) {
            names.push_back(replace(name, "{c}", channel));
        }
    }
    return names;
}

std::vector<std::string> TtsCppFile::names() const {
    std::vector<std::string> names;
    for (const GgufTensor & tensor : file_.tensors()) {
        names.push_back(tensor.name);
    }
    return names;
}

std::unique_ptr<TensorValues> TtsCppFile::tensor(const TensorEntry & entry) const {
    return std::make_unique<TtsCppValues>(file_, entry, names_of(entry));
}

}  // namespace dia
