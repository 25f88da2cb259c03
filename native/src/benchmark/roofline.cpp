#include "benchmark/roofline.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "backend/backend.h"
#include "backend/graph.h"

namespace dia {

namespace {

constexpr int64_t kRows = 2048;
constexpr int64_t kInner = 2048;
constexpr int64_t kColumns = 1024;

// So many bytes are summed at a time; the last ones of a tensor may be left out.
constexpr size_t kStride = 256;

// The sum of 64-bit words, which nothing can know without reading them all.
uint64_t sum_of(const uint8_t * bytes, size_t n_bytes) {
    uint64_t sums[kStride / sizeof(uint64_t)] = {};
    for (size_t i = 0; i + kStride <= n_bytes; i += kStride) {
        uint64_t words[kStride / sizeof(uint64_t)];
        std::memcpy(words, bytes + i, kStride);
        for (size_t k = 0; k < std::size(words); ++k) {
            sums[k] += words[k];
        }
    }
    uint64_t total = 0;
    for (const uint64_t sum : sums) {
        total += sum;
    }
    return total;
}

// Share `index` of `count` of every tensor, in the order of the file.
uint64_t read_share(const MatrixWork & weights, size_t index, size_t count) {
    uint64_t total = 0;
    for (const ggml_tensor * tensor : weights.tensors) {
        const size_t n_bytes = ggml_nbytes(tensor);
        const size_t begin = n_bytes * index / count;
        const size_t end = n_bytes * (index + 1) / count;
        total += sum_of(static_cast<const uint8_t *>(tensor->data) + begin, end - begin);
    }
    return total;
}

ReadBandwidth cpu_read_bandwidth(const MatrixWork & weights, int32_t n_threads, const Repetition & repetition) {
    const auto count = static_cast<size_t>(n_threads);
    std::atomic<uint64_t> sum{0};
    const auto read = [&] {
        std::vector<std::thread> threads;
        for (size_t i = 1; i < count; ++i) {
            threads.emplace_back([&, i] { sum += read_share(weights, i, count); });
        }
        sum += read_share(weights, 0, count);
        for (std::thread & thread : threads) {
            thread.join();
        }
    };
    return {weights.n_bytes(), measure(repetition, read)};
}

// The bytes of a tensor as F16 numbers, whatever they come to; those behind the last whole row are left out.
ggml_tensor * reinterpreted(ggml_context * context, const ggml_tensor * tensor) {
    const auto n_rows = static_cast<int64_t>(ggml_nbytes(tensor) / ggml_row_size(GGML_TYPE_F16, kInner));
    ggml_tensor * rows = ggml_new_tensor_2d(context, GGML_TYPE_F16, kInner, n_rows);
    ggml_backend_tensor_alloc(tensor->buffer, rows, tensor->data);
    return rows;
}

ReadBandwidth gpu_read_bandwidth(const MatrixWork & weights, Device device, const Repetition & repetition) {
    Graph graph(1 + 2 * weights.tensors.size(), device);
    ggml_tensor * column = graph.input(GGML_TYPE_F32, kInner);
    double n_bytes = 0.0;
    for (const ggml_tensor * tensor : weights.tensors) {
        if (ggml_nbytes(tensor) >= ggml_row_size(GGML_TYPE_F16, kInner)) {
            ggml_tensor * rows = reinterpreted(graph.context(), tensor);
            graph.add(ggml_mul_mat(graph.context(), rows, column));
            n_bytes += static_cast<double>(ggml_nbytes(rows));
        }
    }
    graph.allocate();
    std::fill_n(graph.values_of<float>(column), kInner, 1.0f);
    graph.send_inputs();
    const auto backend = make_backend(device, 1);
    return {n_bytes, measure(repetition, [&] { backend->compute(graph); })};
}

}  // namespace

ReadBandwidth measure_read_bandwidth(const MatrixWork & weights, Device device, int32_t n_threads,
                                     const Repetition & repetition) {
    return device.is_gpu() ? gpu_read_bandwidth(weights, device, repetition)
                           : cpu_read_bandwidth(weights, n_threads, repetition);
}

double MatrixProduct::flops_per_second() const {
    return 2.0 * static_cast<double>(kRows * kInner * kColumns) / timing.min;
}

MatrixProduct measure_matrix_product(ggml_type type, Device device, int32_t n_threads,
                                     const Repetition & repetition) {
    const auto backend = make_backend(device, n_threads);
    Graph graph(8, device);
    ggml_tensor * weights = graph.input(type, kInner, kRows);
    ggml_tensor * columns = graph.input(GGML_TYPE_F32, kInner, kColumns);
    graph.add_output(ggml_mul_mat(graph.context(), weights, columns));
    graph.allocate();
    std::vector<float> row(static_cast<size_t>(kInner));
    for (size_t i = 0; i < row.size(); ++i) {
        row[i] = static_cast<float>(i % 17) / 16.0f - 0.5f;
    }
    const size_t row_bytes = ggml_row_size(type, kInner);
    char * weight_rows = graph.values_of<char>(weights);
    for (int64_t i = 0; i < kRows; ++i) {
        ggml_quantize_chunk(type, row.data(), weight_rows + static_cast<size_t>(i) * row_bytes, 0, 1, kInner,
                            nullptr);
    }
    float * column_values = graph.values_of<float>(columns);
    for (int64_t i = 0; i < kColumns; ++i) {
        std::copy(row.begin(), row.end(), column_values + i * kInner);
    }
    graph.send_inputs();
    return {measure(repetition, [&] { backend->compute(graph); })};
}

void MatrixProducts::measure(ggml_type type) {
    const MatrixProduct product = measure_matrix_product(type, device_, n_threads_, repetition_);
    const auto [known, is_new] = measured_.emplace(type, product);
    if (!is_new && product.timing.min < known->second.timing.min) {
        known->second = product;
    }
}

void MatrixProducts::measure(const MatrixWork & work) {
    for (const auto & [type, n_weights] : work.n_weights) {
        measure(type);
    }
}

double MatrixProducts::seconds(const MatrixWork & work, double n_columns) const {
    double total = 0.0;
    for (const auto & [type, n_weights] : work.n_weights) {
        total += 2.0 * n_weights * n_columns / flops_per_second(type);
    }
    return total;
}

}  // namespace dia
