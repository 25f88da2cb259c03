// Times one step of the decoder with guidance: once with layers so narrow that what is left is the overhead of the
// graph, and once with the widths of Dia-1.6B, at a near and at a far position. Weights are synthetic.
//
//     decoder_bench [threads] [rows] [steps]
//
// Beside the time on the clock stands the processor's time, which other programs on the machine hardly change. With
// several threads it includes their waiting for each other.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include "backend/cpu_backend.h"
#include "backend/graph.h"
#include "model/decoder.h"
#include "model/model.h"

namespace dia {
namespace {

constexpr int64_t kCapacity = 3072;
constexpr int64_t kTextLength = 256;

// A decoder whose matrices hold small numbers of no meaning.
class SyntheticDecoder {
public:
    SyntheticDecoder(const DecoderHparams & hparams, ggml_type type) : hparams_(hparams), type_(type) {
        const int64_t A = int64_t{hparams.num_attention_heads} * hparams.head_dim;
        const int64_t K = int64_t{hparams.num_key_value_heads} * hparams.head_dim;
        const int64_t X = int64_t{hparams.cross_num_attention_heads} * hparams.cross_head_dim;
        const int64_t Y = int64_t{hparams.cross_num_key_value_heads} * hparams.cross_head_dim;
        const int64_t H = hparams.hidden_size;
        const int64_t logits = int64_t{hparams.num_channels} * hparams.vocab_size;
        const size_t n_tensors = 10 * static_cast<size_t>(hparams.num_hidden_layers) + 4;
        context_.reset(ggml_init({n_tensors * ggml_tensor_overhead(), nullptr, true}));
        weights_.embeddings = matrix(H, logits);
        weights_.norm = vector(H);
        weights_.logits_dense = matrix(H, logits);
        constants_ = ggml_new_tensor_2d(context_.get(), GGML_TYPE_F32, H, hparams.num_hidden_layers);
        for (int32_t i = 0; i < hparams.num_hidden_layers; ++i) {
            DecoderLayerWeights layer;
            layer.pre_sa_norm = vector(H);
            layer.qkv_proj = matrix(H, A + K + K);
            layer.o_proj = matrix(A, H);
            layer.pre_ca_norm = vector(H);
            layer.cross_q_proj = matrix(H, X);
            layer.cross_kv_proj = matrix(hparams.cross_hidden_size, Y + Y);
            layer.cross_o_proj = matrix(X, H);
            layer.pre_mlp_norm = vector(H);
            layer.gate_up_proj = matrix(H, 2 * int64_t{hparams.intermediate_size});
            layer.down_proj = matrix(hparams.intermediate_size, H);
            weights_.layers.push_back(layer);
        }
        buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(context_.get(), ggml_backend_cpu_buffer_type()));
        for (ggml_tensor * t = ggml_get_first_tensor(context_.get()); t != nullptr;
             t = ggml_get_next_tensor(context_.get(), t)) {
            fill(t);
        }
    }

    const DecoderHparams & hparams() const { return hparams_; }
    const DecoderWeights & weights() const { return weights_; }
    ggml_tensor * constants() const { return constants_; }
    double gigabytes() const { return static_cast<double>(ggml_backend_buffer_get_size(buffer_.get())) * 1e-9; }

private:
    ggml_tensor * vector(int64_t size) { return ggml_new_tensor_1d(context_.get(), GGML_TYPE_F32, size); }
    ggml_tensor * matrix(int64_t in, int64_t out) { return ggml_new_tensor_2d(context_.get(), type_, in, out); }

    // The same row over and over.
    static void fill(ggml_tensor * tensor) {
        std::vector<float> row(static_cast<size_t>(tensor->ne[0]));
        for (size_t i = 0; i < row.size(); ++i) {
            row[i] = (static_cast<float>(i * 2654435761u % 1024) / 512.0f - 1.0f) / static_cast<float>(row.size());
        }
        const size_t row_bytes = ggml_row_size(tensor->type, tensor->ne[0]);
        char * data = static_cast<char *>(tensor->data);
        ggml_quantize_chunk(tensor->type, row.data(), data, 0, 1, tensor->ne[0], nullptr);
        for (int64_t i = 1; i < ggml_nrows(tensor); ++i) {
            std::memcpy(data + static_cast<size_t>(i) * row_bytes, data, row_bytes);
        }
    }

    DecoderHparams hparams_;
    ggml_type type_;
    ggml_context_ptr context_;
    ggml_backend_buffer_ptr buffer_;
    DecoderWeights weights_;
    ggml_tensor * constants_ = nullptr;
};

// Real memory, not the one page of zeros that untouched caches are made of.
void touch(const KvCache & cache, int32_t n_layers) {
    for (int32_t layer = 0; layer < n_layers; ++layer) {
        const size_t i = static_cast<size_t>(layer);
        std::memset(cache.keys(i)->data, 0x11, ggml_nbytes(cache.keys(i)));
        std::memset(cache.values(i)->data, 0x11, ggml_nbytes(cache.values(i)));
    }
}

void time_step(const char * name, const SyntheticDecoder & decoder, ggml_type kv_type, int32_t n_threads,
               int64_t n_rows, int64_t position, int32_t n_steps) {
    const DecoderHparams & hparams = decoder.hparams();
    KvCache self(hparams.num_hidden_layers, int64_t{hparams.num_key_value_heads} * hparams.head_dim, kCapacity,
                 2 * n_rows, kv_type);
    KvCache cross(hparams.num_hidden_layers, int64_t{hparams.cross_num_key_value_heads} * hparams.cross_head_dim,
                  kTextLength, n_rows, kv_type);
    touch(self, hparams.num_hidden_layers);
    touch(cross, hparams.num_hidden_layers);

    DecoderShape shape;
    shape.n_branches = 2;
    shape.n_rows = n_rows;
    shape.n_cached = round_up(position + n_steps, kPositionBlock);
    shape.n_text = kTextLength;
    Graph graph(decoder_graph_size(hparams));
    DecoderInputs inputs(graph, hparams, shape, kCapacity);
    build_decoder(graph, decoder.weights(), hparams, shape, inputs, {self, cross}, decoder.constants());
    graph.allocate();
    inputs.set_constants();
    const std::vector<int32_t> tokens(static_cast<size_t>(hparams.num_channels), 1);
    for (int64_t row = 0; row < n_rows; ++row) {
        inputs.set_visible(row, 0, position);
        inputs.set_text_length(row, kTextLength);
    }

    CpuBackend backend(n_threads);
    std::vector<double> times;
    std::vector<double> processor_times;
    for (int64_t step = 0; step < n_steps; ++step) {
        const auto start = std::chrono::steady_clock::now();
        const std::clock_t processor_start = std::clock();
        for (int64_t row = 0; row < n_rows; ++row) {
            inputs.set_position(row, 0, position + step, tokens);
            inputs.show_one_more(row, position + step + 1);
        }
        backend.compute(graph.nodes());
        processor_times.push_back(1e3 * static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC);
        times.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    std::sort(processor_times.begin(), processor_times.end());
    std::printf("%-10s %-5s %8.2f %8d %5lld %9lld %7d %9.2f %9.2f %9.2f\n", name,
                ggml_type_name(decoder.weights().logits_dense->type), decoder.gigabytes(), backend.n_threads(),
                static_cast<long long>(n_rows), static_cast<long long>(position), ggml_graph_n_nodes(graph.nodes()),
                times.front(), times[times.size() / 2], processor_times.front());
}

DecoderHparams narrow() {
    DecoderHparams hparams;
    hparams.hidden_size = 32;
    hparams.intermediate_size = 32;
    hparams.num_attention_heads = 2;
    hparams.num_key_value_heads = 1;
    hparams.head_dim = 16;
    hparams.cross_num_attention_heads = 2;
    hparams.cross_num_key_value_heads = 2;
    hparams.cross_head_dim = 16;
    hparams.cross_hidden_size = 32;
    hparams.vocab_size = 32;
    return hparams;
}

}  // namespace
}  // namespace dia

int main(int argc, char ** argv) {
    const int32_t n_threads = argc > 1 ? std::atoi(argv[1]) : 0;
    const int64_t n_rows = argc > 2 ? std::max(1, std::atoi(argv[2])) : 1;
    const int32_t n_steps = argc > 3 ? std::clamp(std::atoi(argv[3]), 1, 64) : 20;
    std::printf("%-10s %-5s %8s %8s %5s %9s %7s %9s %9s %9s\n", "widths", "type", "GB", "threads", "rows",
                "position", "nodes", "min ms", "median ms", "cpu ms");
    const dia::SyntheticDecoder narrow(dia::narrow(), GGML_TYPE_F32);
    dia::time_step("narrow", narrow, GGML_TYPE_F16, n_threads, n_rows, 64, n_steps);
    const dia::SyntheticDecoder full(dia::DecoderHparams(), GGML_TYPE_Q8_0);
    for (const int64_t position : {64, 3000}) {
        dia::time_step("dia-1.6b", full, GGML_TYPE_F16, n_threads, n_rows, position, n_steps);
    }
    return 0;
}
