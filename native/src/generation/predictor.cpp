#include "generation/predictor.h"

#include <utility>

#include "generation/memory_budget.h"
#include "model/model.h"

namespace dia {

namespace {

class SessionPredictor : public Predictor {
public:
    SessionPredictor(std::shared_ptr<const Model> model, const DecoderSessionOptions & options)
        : model_(model), reservation_(model, options), session_(std::move(model), options) {}

    void prefill(int32_t row, span<const int32_t> input_ids, span<const int32_t> prefix) override {
        model_->check_weights();
        session_.prefill(row, input_ids, prefix);
    }

    void prefill(int32_t row, const TextEncoding & text, span<const int32_t> prefix) override {
        model_->check_weights();
        session_.prefill(row, text, prefix);
    }

    void step(span<const int32_t> rows, span<const int32_t> tokens) override {
        model_->check_weights();
        session_.step(rows, tokens);
    }

    RowLogits logits(int32_t row) const override { return session_.logits(row); }

private:
    const std::shared_ptr<const Model> model_;
    const MemoryReservation reservation_;
    DecoderSession session_;
};

}  // namespace

PredictorFactory model_predictor(std::shared_ptr<const Model> model) {
    return [model = std::move(model)](const DecoderSessionOptions & options) -> std::unique_ptr<Predictor> {
        return std::make_unique<SessionPredictor>(model, options);
    };
}

}  // namespace dia
