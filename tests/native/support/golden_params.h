// The parameters of a golden case, under the names of the reference's GenerationConfig, as dia_generation_params.
#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dia/dia.h"

namespace dia::testing {

class GoldenParams {
public:
    explicit GoldenParams(const dia_generation_params & defaults) : params_(defaults) {}

    // Sets what `params` states. Returns the name of a parameter that is not offered.
    std::optional<std::string> read(const nlohmann::json & params);

    // Its arrays are this object's.
    const dia_generation_params & params() const { return params_; }

private:
    bool read(const std::string & name, const nlohmann::json & value);
    bool read_array(const std::string & name, const nlohmann::json & value);
    const std::vector<int32_t> & keep(const nlohmann::json & tokens);

    dia_generation_params params_;
    std::deque<std::vector<int32_t>> tokens_;
    std::vector<dia_token_sequence> bad_words_;
    std::vector<dia_token_sequence> biases_;
};

}  // namespace dia::testing
