#include "golden_params.h"

namespace dia::testing {

namespace {

float number_or(const nlohmann::json & value, float absent) {
    return value.is_null() ? absent : value.get<float>();
}

dia_token_sequence sequence_of(const std::vector<int32_t> & tokens, float bias) {
    return {tokens.data(), static_cast<int64_t>(tokens.size()), bias, 0};
}

}  // namespace

std::optional<std::string> GoldenParams::read(const nlohmann::json & params) {
    for (const auto & [name, value] : params.items()) {
        if (!read(name, value) && !read_array(name, value)) {
            return name;
        }
    }
    return std::nullopt;
}

bool GoldenParams::read(const std::string & name, const nlohmann::json & value) {
    if (name == "do_sample") {
        params_.do_sample = value.get<bool>() ? 1 : 0;
    } else if (name == "guidance_scale") {
        params_.guidance_scale = number_or(value, 1.0f);
    } else if (name == "temperature") {
        params_.temperature = number_or(value, 1.0f);
    } else if (name == "top_k") {
        params_.top_k = value.is_null() ? 0 : value.get<int32_t>();
    } else if (name == "top_p") {
        params_.top_p = number_or(value, 1.0f);
    } else if (name == "max_new_tokens") {
        params_.max_new_tokens = value;
    } else if (name == "max_length") {
        params_.max_length = value;
    } else if (name == "min_new_tokens") {
        params_.min_new_tokens = value;
    } else if (name == "min_length") {
        params_.min_length = value;
    } else if (name == "min_p") {
        params_.min_p = value;
    } else if (name == "typical_p") {
        params_.typical_p = value;
    } else if (name == "top_h") {
        params_.top_h = value;
    } else if (name == "epsilon_cutoff") {
        params_.epsilon_cutoff = value;
    } else if (name == "eta_cutoff") {
        params_.eta_cutoff = value;
    } else if (name == "repetition_penalty") {
        params_.repetition_penalty = value;
    } else if (name == "no_repeat_ngram_size") {
        params_.no_repeat_ngram_size = value;
    } else if (name == "renormalize_logits") {
        params_.renormalize_logits = value.get<bool>() ? 1 : 0;
    } else if (name == "exponential_decay_length_penalty") {
        params_.exponential_decay_start = value.at(0);
        params_.exponential_decay_factor = value.at(1);
    } else {
        return false;
    }
    return true;
}

const std::vector<int32_t> & GoldenParams::keep(const nlohmann::json & tokens) {
    return tokens_.emplace_back(tokens.get<std::vector<int32_t>>());
}

bool GoldenParams::read_array(const std::string & name, const nlohmann::json & value) {
    if (name == "suppress_tokens") {
        const std::vector<int32_t> & tokens = keep(value);
        params_.suppress_tokens = tokens.data();
        params_.n_suppress_tokens = static_cast<int64_t>(tokens.size());
    } else if (name == "begin_suppress_tokens") {
        const std::vector<int32_t> & tokens = keep(value);
        params_.begin_suppress_tokens = tokens.data();
        params_.n_begin_suppress_tokens = static_cast<int64_t>(tokens.size());
    } else if (name == "bad_words_ids") {
        for (const nlohmann::json & word : value) {
            bad_words_.push_back(sequence_of(keep(word), 0.0f));
        }
        params_.bad_words = bad_words_.data();
        params_.n_bad_words = static_cast<int64_t>(bad_words_.size());
    } else if (name == "sequence_bias") {
        for (const nlohmann::json & bias : value) {
            biases_.push_back(sequence_of(keep(bias.at(0)), bias.at(1)));
        }
        params_.sequence_biases = biases_.data();
        params_.n_sequence_biases = static_cast<int64_t>(biases_.size());
    } else {
        return false;
    }
    return true;
}

}  // namespace dia::testing
