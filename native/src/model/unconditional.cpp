#include "model/unconditional.h"

#include <algorithm>

#include "model/encoder.h"
#include "model/layers.h"
#include "model/model.h"
#include "support/error.h"

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

}  // namespace

struct Unconditional::State {
    std::once_flag once;
    ggml_context_ptr context;
    ggml_backend_buffer_ptr buffer;
    ggml_tensor * constants = nullptr;  // F32 [H, L]
    LedgerEntry ledger;

    void allocate(int64_t H, int64_t L, Device device) {
        const ggml_init_params params = {ggml_tensor_overhead(), nullptr, true};
        context.reset(ggml_init(params));
        constants = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, H, L);
        buffer.reset(ggml_backend_alloc_ctx_tensors_from_buft(context.get(), device.buffer_type()));
        if (!buffer) {
            fail(DIA_STATUS_OUT_OF_MEMORY, "no memory for the unconditional branch: %lld layers of width %lld",
                 static_cast<long long>(L), static_cast<long long>(H));
        }
        ledger.resize(params.mem_size + (device.is_gpu() ? 0 : ggml_backend_buffer_get_size(buffer.get())));
    }

    void compute(const Model & model, Backend & backend) {
        const DecoderHparams & hparams = model.hparams.dia.decoder;
        const int32_t zero = 0;
        const std::vector<float> states = encode_text(model, backend, span<const int32_t>(&zero, 1));

        Graph graph(16 * model.decoder.layers.size() + 16, model.device);
        ggml_tensor * u = graph.input(GGML_TYPE_F32, static_cast<int64_t>(states.size()));
        std::vector<ggml_tensor *> results;
        for (const DecoderLayerWeights & layer : model.decoder.layers) {
            results.push_back(constant_of(graph.context(), layer, hparams, u));
            graph.add_output(results.back());
        }
        graph.allocate();
        std::copy(states.begin(), states.end(), graph.values_of<float>(u));
        backend.compute(graph);

        allocate(hparams.hidden_size, static_cast<int64_t>(results.size()), model.device);
        for (size_t i = 0; i < results.size(); ++i) {
            const std::vector<float> constant = floats_of(results[i]);
            ggml_backend_tensor_set(constants, constant.data(), i * constants->nb[1], constants->nb[1]);
        }
    }
};

Unconditional::Unconditional() : state_(std::make_unique<State>()) {}
Unconditional::Unconditional(Unconditional &&) noexcept = default;
Unconditional & Unconditional::operator=(Unconditional &&) noexcept = default;
Unconditional::~Unconditional() = default;

ggml_tensor * Unconditional::cross_attention(const Model & model, Backend & backend) const {
    std::call_once(state_->once, [&] { state_->compute(model, backend); });
    return state_->constants;
}

}  // namespace dia
