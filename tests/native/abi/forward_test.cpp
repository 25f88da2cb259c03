// Encodings and decoders through the C interface: what they give, what they refuse, and who keeps what alive.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "dia/dia.h"
#include "refusal.h"
#include "tiny_model.h"

namespace dia_abi {
namespace {

const std::vector<int32_t> kText = {1, 72, 105, 33};

EncodingPtr make_encoding(const dia_model * model, const dia_encoding_params * params = nullptr) {
    dia_encoding * encoding = nullptr;
    EXPECT_EQ(dia_encoding_create(model, kText.data(), static_cast<int64_t>(kText.size()), params, &encoding),
              DIA_STATUS_OK)
        << dia_last_error_message();
    return EncodingPtr(encoding);
}

DecoderPtr make_decoder(const dia_encoding * encoding) {
    dia_decoder_params params;
    EXPECT_EQ(dia_decoder_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.n_threads = 1;
    dia_decoder * decoder = nullptr;
    EXPECT_EQ(dia_decoder_create(encoding, &params, &decoder), DIA_STATUS_OK) << dia_last_error_message();
    return DecoderPtr(decoder);
}

ModelPtr load_tiny() {
    dia_model * model = nullptr;
    EXPECT_EQ(dia_model_load(tiny_model_path().c_str(), nullptr, &model), DIA_STATUS_OK)
        << dia_last_error_message();
    return ModelPtr(model);
}

struct Input {
    explicit Input(int64_t n_positions) : tokens(static_cast<size_t>(n_positions * tiny_config().num_channels), 5) {
        EXPECT_EQ(dia_decoder_input_init(&fields, sizeof fields), DIA_STATUS_OK);
        fields.tokens = tokens.data();
        fields.n_positions = n_positions;
    }

    std::vector<int32_t> tokens;
    dia_decoder_input fields = {};
};

TEST(Forward, AnEncodingKeepsWhatIsAskedFor) {
    const dia_config config = tiny_config();
    const EncodingPtr plain = make_encoding(tiny_model());
    EXPECT_EQ(dia_encoding_token_count(plain.get()), 4);
    EXPECT_NE(dia_encoding_hidden_state(plain.get(), config.encoder_num_hidden_layers), nullptr);
    EXPECT_EQ(dia_encoding_hidden_state(plain.get(), 0), nullptr);
    EXPECT_EQ(dia_encoding_attention(plain.get(), 0), nullptr);

    dia_encoding_params params;
    ASSERT_EQ(dia_encoding_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.output_hidden_states = 1;
    params.output_attentions = 1;
    const EncodingPtr whole = make_encoding(tiny_model(), &params);
    for (int32_t i = 0; i <= config.encoder_num_hidden_layers; ++i) {
        EXPECT_NE(dia_encoding_hidden_state(whole.get(), i), nullptr) << i;
        EXPECT_EQ(dia_encoding_attention(whole.get(), i) != nullptr, i < config.encoder_num_hidden_layers) << i;
    }
    EXPECT_EQ(dia_encoding_hidden_state(whole.get(), -1), nullptr);
    EXPECT_EQ(dia_encoding_hidden_state(whole.get(), config.encoder_num_hidden_layers + 1), nullptr);
    EXPECT_EQ(dia_encoding_attention(whole.get(), -1), nullptr);
}

TEST(Forward, ADecoderGivesTheOutputsOfItsNewestRun) {
    const dia_config config = tiny_config();
    const DecoderPtr decoder = make_decoder(make_encoding(tiny_model()).get());
    EXPECT_EQ(dia_decoder_logits(decoder.get()), nullptr);
    EXPECT_EQ(dia_decoder_hidden_state(decoder.get(), config.decoder_num_hidden_layers), nullptr);

    Input all(3);
    all.fields.output_hidden_states = 1;
    all.fields.output_attentions = 1;
    ASSERT_EQ(dia_decoder_run(decoder.get(), &all.fields), DIA_STATUS_OK) << dia_last_error_message();
    EXPECT_EQ(dia_decoder_position_count(decoder.get()), 3);
    EXPECT_NE(dia_decoder_logits(decoder.get()), nullptr);
    for (int32_t i = 0; i <= config.decoder_num_hidden_layers; ++i) {
        EXPECT_NE(dia_decoder_hidden_state(decoder.get(), i), nullptr) << i;
        EXPECT_EQ(dia_decoder_self_attention(decoder.get(), i) != nullptr, i < config.decoder_num_hidden_layers)
            << i;
        EXPECT_EQ(dia_decoder_cross_attention(decoder.get(), i) != nullptr, i < config.decoder_num_hidden_layers)
            << i;
    }
    Input states(1);
    states.fields.output_logits = 0;
    ASSERT_EQ(dia_decoder_run(decoder.get(), &states.fields), DIA_STATUS_OK) << dia_last_error_message();
    EXPECT_EQ(dia_decoder_position_count(decoder.get()), 4);
    EXPECT_EQ(dia_decoder_logits(decoder.get()), nullptr);
    EXPECT_EQ(dia_decoder_hidden_state(decoder.get(), 0), nullptr);
    EXPECT_EQ(dia_decoder_self_attention(decoder.get(), 0), nullptr);
    EXPECT_NE(dia_decoder_hidden_state(decoder.get(), config.decoder_num_hidden_layers), nullptr);
}

TEST(Forward, EncodingsAreChecked) {
    dia_encoding * encoding = nullptr;
    const dia_config config = tiny_config();
    for (const int64_t count : {int64_t{0}, int64_t{-1}}) {
        EXPECT_INVALID(dia_encoding_create(tiny_model(), kText.data(), count, nullptr, &encoding),
                       "n_input_ids is " + std::to_string(count));
    }
    EXPECT_REFUSED(
        DIA_STATUS_TEXT_TOO_LONG,
        dia_encoding_create(tiny_model(), kText.data(), std::numeric_limits<int64_t>::max(), nullptr, &encoding),
        std::to_string(config.encoder_max_position_embeddings));
    const int32_t bad_ids[] = {1, 256};
    EXPECT_INVALID(dia_encoding_create(tiny_model(), bad_ids, 2, nullptr, &encoding), "256");
    dia_encoding_params params;
    ASSERT_EQ(dia_encoding_params_init(&params, sizeof params), DIA_STATUS_OK);
    const int32_t bad_positions[] = {0, 1, 2, -3};
    params.position_ids = bad_positions;
    EXPECT_INVALID(dia_encoding_create(tiny_model(), kText.data(), 4, &params, &encoding), "position id 3 is -3");
    params.position_ids = nullptr;
    params.n_threads = -1;
    EXPECT_INVALID(dia_encoding_create(tiny_model(), kText.data(), 4, &params, &encoding), "n_threads");
    EXPECT_EQ(encoding, nullptr);
}

TEST(Forward, EncodingIsCancelledByItsProgress) {
    dia_encoding_params params;
    ASSERT_EQ(dia_encoding_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.progress = [](int64_t done, int64_t, void * calls) {
        ++*static_cast<int *>(calls);
        return int32_t{done >= 2 ? 1 : 0};
    };
    int calls = 0;
    params.user_data = &calls;
    dia_encoding * encoding = nullptr;
    EXPECT_REFUSED(DIA_STATUS_CANCELLED, dia_encoding_create(tiny_model(), kText.data(), 4, &params, &encoding),
                   "cancelled");
    EXPECT_EQ(encoding, nullptr);
    EXPECT_EQ(calls, 2);
}

TEST(Forward, DecoderInputIsChecked) {
    const EncodingPtr encoding = make_encoding(tiny_model());
    const dia_config config = tiny_config();
    dia_decoder_params params;
    ASSERT_EQ(dia_decoder_params_init(&params, sizeof params), DIA_STATUS_OK);
    dia_decoder * created = nullptr;
    params.max_positions = -1;
    EXPECT_INVALID(dia_decoder_create(encoding.get(), &params, &created), "max_positions is -1");
    params.max_positions = 4;
    set_raw(params.kv_type, DIA_TYPE_Q4_0);
    EXPECT_INVALID(dia_decoder_create(encoding.get(), &params, &created), "kv_type");
    set_raw(params.kv_type, DIA_TYPE_AUTO);
    params.n_threads = -1;
    EXPECT_INVALID(dia_decoder_create(encoding.get(), &params, &created), "n_threads is -1");
    params.n_threads = 1;
    ASSERT_EQ(dia_decoder_create(encoding.get(), &params, &created), DIA_STATUS_OK) << dia_last_error_message();
    const DecoderPtr decoder(created);

    Input input(1);
    for (const int64_t count : {int64_t{0}, int64_t{-1}, int64_t{5}, std::numeric_limits<int64_t>::max()}) {
        input.fields.n_positions = count;
        EXPECT_INVALID(dia_decoder_run(decoder.get(), &input.fields), std::to_string(count));
    }
    input.fields.n_positions = 1;
    for (const int32_t token : {-1, config.decoder_vocab_size}) {
        input.tokens[2] = token;
        EXPECT_INVALID(dia_decoder_run(decoder.get(), &input.fields), "channel 2 is " + std::to_string(token));
    }
    input.tokens[2] = 0;
    const int32_t negative = -4;
    input.fields.position_ids = &negative;
    EXPECT_INVALID(dia_decoder_run(decoder.get(), &input.fields), "position id 0 is -4");
    EXPECT_EQ(dia_decoder_position_count(decoder.get()), 0);
}

TEST(Forward, HandlesMayBeFreedInAnyOrder) {
    const int64_t before = dia_live_bytes();
    ModelPtr model = load_tiny();
    EncodingPtr encoding = make_encoding(model.get());
    model.reset();
    DecoderPtr decoder = make_decoder(encoding.get());
    encoding.reset();
    Input input(2);
    EXPECT_EQ(dia_decoder_run(decoder.get(), &input.fields), DIA_STATUS_OK) << dia_last_error_message();
    dia_decoder_cancel(decoder.get());
    EXPECT_REFUSED(DIA_STATUS_CANCELLED, dia_decoder_run(decoder.get(), &input.fields), "cancelled");
    EXPECT_EQ(dia_decoder_run(decoder.get(), &input.fields), DIA_STATUS_OK) << dia_last_error_message();
    decoder.reset();
    EXPECT_EQ(dia_live_bytes(), before);
}

std::vector<int32_t> tokens_of(const dia_model * model, const dia_utterance & utterance) {
    dia_generation_params params;
    EXPECT_EQ(dia_generation_params_init(&params, sizeof params), DIA_STATUS_OK);
    params.max_new_tokens = 24;
    params.has_seed = 1;
    params.seed = 7;
    params.n_threads = 1;
    dia_generator * created = nullptr;
    EXPECT_EQ(dia_generator_create(model, &params, &created), DIA_STATUS_OK) << dia_last_error_message();
    const GeneratorPtr generator(created);
    EXPECT_EQ(dia_generator_add_utterance(created, &utterance, nullptr), DIA_STATUS_OK) << dia_last_error_message();
    EXPECT_EQ(dia_generator_prefill(created), DIA_STATUS_OK) << dia_last_error_message();
    for (int32_t active = 1; active > 0;) {
        EXPECT_EQ(dia_generator_step(created, &active), DIA_STATUS_OK) << dia_last_error_message();
    }
    std::vector<int32_t> tokens(10000);
    int64_t needed = 0;
    EXPECT_EQ(dia_generator_copy_tokens(created, 0, tokens.data(), 10000, &needed), DIA_STATUS_OK);
    tokens.resize(static_cast<size_t>(needed));
    return tokens;
}

TEST(Forward, AGeneratorSaysTheSameFromAnEncodingAsFromIds) {
    dia_utterance ids = {};
    ids.struct_size = sizeof ids;
    ids.input_ids = kText.data();
    ids.n_input_ids = static_cast<int64_t>(kText.size());
    dia_utterance encoded = {};
    encoded.struct_size = sizeof encoded;
    const EncodingPtr encoding = make_encoding(tiny_model());
    encoded.encoding = encoding.get();
    const std::vector<int32_t> expected = tokens_of(tiny_model(), ids);
    EXPECT_EQ(expected.size(), 25u * 9);
    EXPECT_EQ(tokens_of(tiny_model(), encoded), expected);
    EXPECT_EQ(tokens_of(tiny_model(), encoded), expected) << "the second time";
}

TEST(Forward, AnUtteranceHasIdsOrAnEncodingOfItsModel) {
    const GeneratorPtr generator = make_generator();
    EncodingPtr encoding = make_encoding(tiny_model());
    dia_utterance both = {};
    both.struct_size = sizeof both;
    both.input_ids = kText.data();
    both.n_input_ids = 4;
    both.encoding = encoding.get();
    EXPECT_INVALID(dia_generator_add_utterance(generator.get(), &both, nullptr), "encoding and 4 input_ids");

    const ModelPtr other = load_tiny();
    const EncodingPtr foreign = make_encoding(other.get());
    dia_utterance utterance = {};
    utterance.struct_size = sizeof utterance;
    utterance.encoding = foreign.get();
    EXPECT_INVALID(dia_generator_add_utterance(generator.get(), &utterance, nullptr), "another model");
    utterance.encoding = encoding.get();
    EXPECT_EQ(dia_generator_add_utterance(generator.get(), &utterance, nullptr), DIA_STATUS_OK)
        << dia_last_error_message();
    encoding.reset();  // the generator keeps it
    EXPECT_EQ(dia_generator_prefill(generator.get()), DIA_STATUS_OK) << dia_last_error_message();
}

}  // namespace
}  // namespace dia_abi
