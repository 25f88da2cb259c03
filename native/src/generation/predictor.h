// What a generator needs of the model: the members of DecoderSession, which describes them. An interface, so that
// tests can drive a generator with scripted logits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "model/decoder_session.h"
#include "support/span.h"

namespace dia {

class Predictor {
public:
    virtual ~Predictor() = default;
    virtual void prefill(int32_t row, span<const int32_t> input_ids, span<const int32_t> prefix) = 0;
    virtual void prefill(int32_t row, const TextEncoding & text, span<const int32_t> prefix) = 0;
    virtual void step(span<const int32_t> rows, span<const int32_t> tokens) = 0;
    virtual RowLogits logits(int32_t row) const = 0;
};

// Makes the predictor when the rows and their lengths are known.
using PredictorFactory = std::function<std::unique_ptr<Predictor>(const DecoderSessionOptions & options)>;

// Predicts with a model, within its limit of memory.
PredictorFactory model_predictor(std::shared_ptr<const Model> model);

}  // namespace dia
