#include "generation/memory_estimate.h"

#include <algorithm>

#include "backend/cpu_topology.h"
#include "backend/graph.h"
#include "dac/dac_codec.h"
#include "model/decoder.h"
#include "model/decoder_run.h"
#include "model/encoder.h"
#include "model/kv_cache.h"
#include "model/model.h"
#include "model/row_linear.h"

namespace dia {

namespace {

class Estimator {
public:
    Estimator(const std::shared_ptr<const Model> & model, const DecoderSessionOptions & options, Device device)
        : model_(model),
          of_gpu_(device.is_gpu()),
          encoder_(model->hparams.dia.encoder),
          decoder_(model->hparams.dia.decoder),
          options_(options),
          n_branches_(options.guidance ? 2 : 1),
          n_threads_(resolve_thread_count(options.n_threads, model->n_parameters)),
          type_(cache_type(options.kv_type, *model)) {}

    MemoryEstimate estimate() const {
        MemoryEstimate result;
        const bool has_prompt = options_.n_prefix > 1;
        result.weights_mapped = !of_gpu_ && model_->weights_mapped;
        result.weights = of_gpu_ ? model_->gpu_n_bytes : model_->n_bytes - model_->gpu_n_bytes;
        const bool codec_mapped = result.weights_mapped && !model_->placement.of_codec().is_gpu();
        if (codec_mapped) {  // what nothing touches never becomes resident
            result.weights -= has_prompt ? 0 : model_->codec_encoder_n_bytes;
            result.late_weights = has_prompt ? 0 : model_->codec_n_bytes - model_->codec_encoder_n_bytes;
        }
        result.self_cache = cache_bytes(decoder_.num_key_value_heads, decoder_.head_dim, options_.n_positions,
                                        n_branches_ * options_.n_rows);
        result.cross_cache = cache_bytes(decoder_.cross_num_key_value_heads, decoder_.cross_head_dim,
                                         options_.n_text, options_.n_rows);
        result.encoder = std::max(encoder_bytes(), cross_cache_graph_bytes());
        result.prefill = prefill_bytes();
        result.step = step_bytes();
        if (model_->dac) {
            const int64_t n_frames =
                std::max<int64_t>(1, options_.n_positions - options_.n_prefix - model_->hparams.dia.max_delay());
            DacCodecOptions codec;
            codec.n_threads = options_.n_threads;
            const Graph::Size size = DacCodec(model_, codec).measure(n_frames, options_.n_prefix - 1);
            result.codec = of_gpu_ ? size.device : size.host;
            result.audio = of_host(options_.n_rows * n_frames * model_->hparams.dac->hop_length * kFloatBytes);
        }
        result.other = of_host(other_bytes());
        result.process = of_host(model_->process_n_bytes);
        return result;
    }

private:
    static constexpr int64_t kFloatBytes = sizeof(float);

    int64_t of_host(int64_t n_bytes) const { return of_gpu_ ? 0 : n_bytes; }

    // Of the layers that the device has.
    int64_t cache_bytes(int64_t n_heads, int64_t head_dim, int64_t n_positions, int64_t n_slots) const {
        const std::vector<Device> layers = model_->placement.of_layers();
        const int64_t n_here = std::count_if(layers.begin(), layers.end(),
                                             [this](Device device) { return device.is_gpu() == of_gpu_; });
        const int64_t capacity = KvCache::covering(layers, n_positions);
        return n_here > 0 ? KvCache::n_bytes(n_here, n_heads, head_dim, capacity, n_slots, type_) : 0;
    }

    int64_t measure(Graph & graph) const {
        const Graph::Size size = graph.measure(n_threads_);
        return of_gpu_ ? size.device : size.host;
    }

    int64_t measure(Graph & graph, const RowLinear & row_linear) const {
        return measure(graph) + of_host(static_cast<int64_t>(row_linear.n_bytes()));
    }

    int64_t encoder_bytes() const {
        Graph graph(encoder_graph_size(encoder_), model_->placement.of_encoder());
        const EncoderInputs inputs(graph, encoder_, options_.n_text);
        RowLinear row_linear(n_threads_);
        build_encoder(graph, model_->encoder, encoder_, inputs, &row_linear);
        return measure(graph, row_linear) + of_host(options_.n_text * encoder_.hidden_size * kFloatBytes);
    }

    int64_t cross_cache_graph_bytes() const {
        const KvCache cache = cross_cache(options_.n_text, 1);
        int64_t most = 0;
        for (const DecoderStage & stage : model_->placement.decoder_stages()) {
            Graph graph(decoder_graph_size(decoder_), stage.device);
            ggml_tensor * states = graph.input(GGML_TYPE_F32, decoder_.cross_hidden_size, options_.n_text);
            RowLinear row_linear(n_threads_);
            build_cross_cache(graph, model_->decoder, decoder_, stage, states,
                              graph.input(GGML_TYPE_I32, options_.n_text), cache, 0, &row_linear);
            most = std::max(most, measure(graph, row_linear));
        }
        return most + of_host(options_.n_text * encoder_.hidden_size * kFloatBytes);
    }

    // The largest of the pieces that a prefix runs in: a whole one, or the last one, which looks furthest back.
    int64_t prefill_bytes() const {
        DecoderShape shape;
        shape.n_branches = n_branches_;
        shape.n_positions = std::min(kRunPositions, options_.n_prefix);
        shape.n_cached = options_.n_prefix;
        shape.n_text = options_.n_text;
        return decoder_bytes(shape);
    }

    int64_t step_bytes() const {
        DecoderShape shape;
        shape.n_branches = n_branches_;
        shape.n_rows = options_.n_rows;
        shape.n_cached = options_.n_positions;
        shape.n_text = options_.n_text;
        return decoder_bytes(shape);
    }

    int64_t decoder_bytes(const DecoderShape & run_shape) const {
        RowLinear row_linear(n_threads_);
        int64_t total = 0;
        for (const DecoderStage & stage : model_->placement.decoder_stages()) {
            const DecoderShape shape = run_shape.on(stage.device);
            // Just large enough to be viewed, in pages of the process that are never written.
            KvCache self(on_processor(), decoder_.num_key_value_heads, decoder_.head_dim,
                         std::max<int64_t>(1, shape.n_cached), shape.n_sequences(), type_);
            KvCache cross = cross_cache(std::max<int64_t>(1, shape.n_text), shape.n_rows);
            Graph graph(decoder_graph_size(decoder_), stage.device);
            const DecoderInputs inputs(graph, decoder_, shape, stage);
            std::vector<ggml_tensor *> unconditional;
            for (int32_t layer = 0; n_branches_ == 2 && layer < decoder_.num_hidden_layers; ++layer) {
                unconditional.push_back(graph.input(GGML_TYPE_F32, decoder_.hidden_size));
            }
            build_decoder(graph, model_->decoder, decoder_, stage, shape, inputs, {self, cross}, unconditional,
                          &row_linear);
            total += measure(graph);
        }
        return total + of_host(static_cast<int64_t>(row_linear.n_bytes()));
    }

    KvCache cross_cache(int64_t n_text, int64_t n_slots) const {
        return KvCache(on_processor(), decoder_.cross_num_key_value_heads, decoder_.cross_head_dim, n_text, n_slots,
                       type_);
    }

    std::vector<Device> on_processor() const {
        return std::vector<Device>(static_cast<size_t>(decoder_.num_hidden_layers));
    }

    // The logits of every row, and what a row and the choice of its tokens keep.
    int64_t other_bytes() const {
        const int64_t n_logits = int64_t{decoder_.num_channels} * decoder_.vocab_size;
        const int64_t row = n_branches_ * n_logits * kFloatBytes + 2 * options_.n_positions *
                                                                       decoder_.num_channels *
                                                                       static_cast<int64_t>(sizeof(int32_t));
        return options_.n_rows * row + 2 * n_logits * kFloatBytes;
    }

    const std::shared_ptr<const Model> & model_;
    const bool of_gpu_;
    const EncoderHparams & encoder_;
    const DecoderHparams & decoder_;
    const DecoderSessionOptions & options_;
    const int64_t n_branches_;
    const int32_t n_threads_;
    const ggml_type type_;
};

}  // namespace

int64_t MemoryEstimate::of_generation() const {
    return self_cache + cross_cache + std::max({encoder, prefill, step}) + audio + other;
}

int64_t MemoryEstimate::total() const {
    return weights + process + std::max(of_generation() - late_weights, codec + audio);
}

int64_t MemoryEstimate::total_streaming() const {
    return weights + process + self_cache + cross_cache + std::max({encoder, prefill, step + codec}) + audio +
           other;
}

MemoryEstimate estimate_memory(const std::shared_ptr<const Model> & model, const DecoderSessionOptions & options,
                               Device device) {
    return Estimator(model, options, device).estimate();
}

}  // namespace dia
