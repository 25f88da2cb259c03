// The part of the C interface that runs encoder and decoder over given tokens.

#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "api/api_guard.h"
#include "api/encoding_handle.h"
#include "api/model_handle.h"
#include "api/progress.h"
#include "api/versioned_struct.h"
#include "dia/dia.h"
#include "generation/generation_params.h"
#include "model/model.h"
#include "model/sequence_decoder.h"

struct dia_decoder {
    dia_decoder(const dia_encoding & encoding, const dia::SequenceDecoderOptions & options)
        : decoder(encoding.text, options) {}

    dia::SequenceDecoder decoder;
};

namespace {

template <typename Struct>
Struct zeroed() {
    Struct fields = {};
    fields.struct_size = sizeof(Struct);
    return fields;
}

dia_decoder_params default_decoder_params() {
    auto params = zeroed<dia_decoder_params>();
    params.kv_type = DIA_TYPE_AUTO;
    return params;
}

dia_decoder_input default_decoder_input() {
    auto input = zeroed<dia_decoder_input>();
    input.output_logits = 1;
    return input;
}

dia::span<const int32_t> optional_array(const int32_t * values, int64_t count) {
    return values == nullptr ? dia::span<const int32_t>()
                             : dia::span<const int32_t>(values, static_cast<size_t>(count));
}

// Value `index` of `values`, or nullptr if there is none.
const float * at(const std::vector<std::vector<float>> & values, int32_t index) {
    return index < 0 || static_cast<size_t>(index) >= values.size() ? nullptr
                                                                    : values[static_cast<size_t>(index)].data();
}

// Hidden state `index` of `n_layers` + 1; the last one are the normed states.
const float * hidden_state(const std::vector<std::vector<float>> & layer_inputs, const std::vector<float> & states,
                           int32_t n_layers, int32_t index) {
    return index == n_layers && !states.empty() ? states.data() : at(layer_inputs, index);
}

}  // namespace

dia_status dia_encoding_params_init(dia_encoding_params * params, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(params, struct_size, zeroed<dia_encoding_params>(), "params"); });
}

dia_status dia_encoding_create(const dia_model * model, const int32_t * input_ids, int64_t n_input_ids,
                               const dia_encoding_params * params, dia_encoding ** out) {
    return dia::guard([&] {
        dia::clear_output(out, "out");
        const std::shared_ptr<const dia::Model> loaded = dia::require(model, "model").model;
        const auto given = dia::read_struct(params, zeroed<dia_encoding_params>());
        dia::require_text_length(*loaded, n_input_ids);
        dia::require(input_ids, "input_ids");
        dia::EncodingOptions options;
        options.n_threads = given.n_threads;
        options.taps.hidden_states = given.output_hidden_states != 0;
        options.taps.attentions = given.output_attentions != 0;
        options.progress = dia::progress_of(given.progress, given.user_data);
        loaded->check_weights();
        auto encoding = std::make_unique<dia_encoding>();
        encoding->text = dia::encode(loaded, {input_ids, static_cast<size_t>(n_input_ids)},
                                     optional_array(given.position_ids, n_input_ids), options);
        *out = encoding.release();
    });
}

void dia_encoding_free(dia_encoding * encoding) {
    const std::unique_ptr<dia_encoding> owned(encoding);
}

int64_t dia_encoding_token_count(const dia_encoding * encoding) {
    return encoding == nullptr ? 0 : encoding->text->length;
}

const float * dia_encoding_hidden_state(const dia_encoding * encoding, int32_t index) {
    if (encoding == nullptr) {
        return nullptr;
    }
    const dia::TextEncoding & text = *encoding->text;
    return hidden_state(text.layer_inputs, text.states, text.model->hparams.dia.encoder.num_hidden_layers, index);
}

const float * dia_encoding_attention(const dia_encoding * encoding, int32_t layer) {
    return encoding == nullptr ? nullptr : at(encoding->text->attentions, layer);
}

dia_status dia_decoder_params_init(dia_decoder_params * params, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(params, struct_size, default_decoder_params(), "params"); });
}

dia_status dia_decoder_input_init(dia_decoder_input * input, uint32_t struct_size) {
    return dia::guard([&] { dia::init_struct(input, struct_size, default_decoder_input(), "input"); });
}

dia_status dia_decoder_create(const dia_encoding * encoding, const dia_decoder_params * params,
                              dia_decoder ** out) {
    return dia::guard([&] {
        dia::clear_output(out, "out");
        dia::require(encoding, "encoding");
        const auto given = dia::read_struct(params, default_decoder_params());
        dia::require_kv_type(given.kv_type);
        dia::SequenceDecoderOptions options;
        options.n_threads = given.n_threads;
        options.max_positions = given.max_positions;
        options.kv_type = given.kv_type;
        *out = std::make_unique<dia_decoder>(*encoding, options).release();
    });
}

void dia_decoder_free(dia_decoder * decoder) {
    const std::unique_ptr<dia_decoder> owned(decoder);
}

dia_status dia_decoder_run(dia_decoder * decoder, const dia_decoder_input * input) {
    return dia::guard([&] {
        dia::SequenceDecoder & target = dia::require(decoder, "decoder").decoder;
        const auto given = dia::read_struct(dia::require(input, "input"), default_decoder_input());
        target.require_room(given.n_positions);
        dia::require(given.tokens, "tokens");
        const auto n_channels = static_cast<size_t>(target.model().hparams.dia.decoder.num_channels);
        dia::SequenceInput run;
        run.tokens = {given.tokens, static_cast<size_t>(given.n_positions) * n_channels};
        run.position_ids = optional_array(given.position_ids, given.n_positions);
        run.logits = given.output_logits != 0;
        run.taps.hidden_states = given.output_hidden_states != 0;
        run.taps.attentions = given.output_attentions != 0;
        target.model().check_weights();
        target.run(run);
    });
}

dia_status dia_decoder_truncate(dia_decoder * decoder, int64_t n_positions) {
    return dia::guard([&] { dia::require(decoder, "decoder").decoder.truncate(n_positions); });
}

void dia_decoder_cancel(dia_decoder * decoder) {
    if (decoder != nullptr) {
        decoder->decoder.cancel();
    }
}

int64_t dia_decoder_position_count(const dia_decoder * decoder) {
    return decoder == nullptr ? 0 : decoder->decoder.n_positions();
}

const float * dia_decoder_logits(const dia_decoder * decoder) {
    return decoder == nullptr || decoder->decoder.outputs().logits.empty()
               ? nullptr
               : decoder->decoder.outputs().logits.data();
}

const float * dia_decoder_hidden_state(const dia_decoder * decoder, int32_t index) {
    if (decoder == nullptr) {
        return nullptr;
    }
    const dia::SequenceOutputs & outputs = decoder->decoder.outputs();
    return hidden_state(outputs.layer_inputs, outputs.states,
                        decoder->decoder.model().hparams.dia.decoder.num_hidden_layers, index);
}

const float * dia_decoder_self_attention(const dia_decoder * decoder, int32_t layer) {
    return decoder == nullptr ? nullptr : at(decoder->decoder.outputs().self_attentions, layer);
}

const float * dia_decoder_cross_attention(const dia_decoder * decoder, int32_t layer) {
    return decoder == nullptr ? nullptr : at(decoder->decoder.outputs().cross_attentions, layer);
}
