#include "model/unconditional.h"

#include <algorithm>
#include <mutex>

#include "backend/backends.h"
#include "backend/graph.h"
#include "backend/tensor_context.h"
#include "model/encoder.h"
#include "model/layers.h"
#include "model/model.h"
#include "support/error.h"
#include "support/memory_ledger.h"

namespace dia {

namespace {

// Wo (Wv u) of one layer. u F32 [E, 1]; returns F32 [H, 1]
ggml_tensor * constant_of(ggml_context * ctx, const DecoderLayerWeights & layer, const DecoderHparams & hparams,
                          ggml_tensor * u) {
    const int64_t D = hparams.cross_head_dim;
    const int64_t A = hparams.cross_num_attention_heads;
    const int64_t K = hparams.cross_num_key_value_heads;
    ggml_tensor * v = heads_of(ctx, linear(ctx, layer.cross_kv_proj, u), K * D, D, K);          // [D, K, 1]
    v = ggml_repeat_4d(ctx, ggml_reshape_3d(ctx, ggml_cont(ctx, v), D, 1, K), D, A / K, K, 1);  // [D, A/K, K]
    return linear(ctx, layer.cross_o_proj, ggml_reshape_2d(ctx, v, D * A, 1));
}

// The constants of some layers, on their device.
class StageConstants {
public:
    StageConstants(const Model & model, const DecoderStage & stage)
        : context_(TensorContext::of_tensors(static_cast<size_t>(stage.end - stage.first))) {
        for (int64_t layer = stage.first; layer < stage.end; ++layer) {
            tensors_.push_back(
                ggml_new_tensor_1d(context_.get(), GGML_TYPE_F32, model.hparams.dia.decoder.hidden_size));
        }
        buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(context_.get(), stage.device.buffer_type()));
        if (!buffer_) {
            fail(DIA_STATUS_OUT_OF_MEMORY, "%s has no memory for the unconditional branch of %zu layers",
                 stage.device.name(), tensors_.size());
        }
        ledger_.resize(stage.device.is_gpu() ? 0 : ggml_backend_buffer_get_size(buffer_.get()));
    }

    // states [E]
    void compute(const Model & model, const DecoderStage & stage, const Backends & backends,
                 span<const float> states) {
        Graph graph(16 * tensors_.size() + 16, stage.device);
        ggml_tensor * u = graph.input(GGML_TYPE_F32, static_cast<int64_t>(states.size()));
        std::vector<ggml_tensor *> results;
        for (int64_t layer = stage.first; layer < stage.end; ++layer) {
            results.push_back(constant_of(graph.context(), model.decoder.layers[static_cast<size_t>(layer)],
                                          model.hparams.dia.decoder, u));
        }
        graph.add_outputs(results);
        graph.allocate();
        std::copy(states.begin(), states.end(), graph.values_of<float>(u));
        backends.compute(graph);
        for (size_t i = 0; i < results.size(); ++i) {
            const std::vector<float> constant = floats_of(results[i]);
            ggml_backend_tensor_set(tensors_[i], constant.data(), 0, ggml_nbytes(tensors_[i]));
        }
    }

    const std::vector<ggml_tensor *> & tensors() const noexcept { return tensors_; }

private:
    TensorContext context_;
    std::vector<ggml_tensor *> tensors_;
    ggml_backend_buffer_ptr buffer_;
    LedgerEntry ledger_;
};

}  // namespace

struct Unconditional::State {
    std::once_flag once;
    std::vector<StageConstants> stages;
    std::vector<ggml_tensor *> constants;

    void compute(const Model & model, const Backends & backends) {
        const int32_t zero = 0;
        const std::vector<float> states = encode_text(model, backends, span<const int32_t>(&zero, 1));
        stages.clear();  // of an attempt that failed
        constants.clear();
        for (const DecoderStage & stage : model.placement.decoder_stages()) {
            StageConstants & computed = stages.emplace_back(model, stage);
            computed.compute(model, stage, backends, states);
            constants.insert(constants.end(), computed.tensors().begin(), computed.tensors().end());
        }
    }
};

Unconditional::Unconditional() : state_(std::make_unique<State>()) {}
Unconditional::Unconditional(Unconditional &&) noexcept = default;
Unconditional & Unconditional::operator=(Unconditional &&) noexcept = default;
Unconditional::~Unconditional() = default;

const std::vector<ggml_tensor *> & Unconditional::cross_attention(const Model & model,
                                                                  const Backends & backends) const {
    std::call_once(state_->once, [&] { state_->compute(model, backends); });
    return state_->constants;
}

}  // namespace dia
