// How fast the codec decodes at the dimensions of the published 44.1 kHz checkpoint, on random weights, beside a
// matrix product of ggml, which is what the processor can be expected to do.
//
//     dac_bench [threads] [f32|f16] [window_frames] [repetitions]
//
// Beside the time on the clock stands the processor's time, which other programs on the machine hardly change. With
// several threads it includes their waiting for each other.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "backend/cpu_backend.h"
#include "backend/graph.h"
#include "dac/dac_codec.h"
#include "support/memory_ledger.h"
#include "synthetic_codec.h"

namespace {

struct Options {
    int32_t n_threads = 0;
    ggml_type type = GGML_TYPE_F32;
    int32_t window_frames = dia::DacCodecOptions().window_frames;
    int repetitions = 5;
};

// Seconds.
struct Timing {
    double least;
    double median;
    double processor;  // of all threads together, at the least
};

Timing measure(int repetitions, const std::function<void()> & work) {
    work();  // warm-up
    std::vector<double> seconds;
    double processor = std::numeric_limits<double>::infinity();
    for (int i = 0; i < repetitions; ++i) {
        const auto start = std::chrono::steady_clock::now();
        const std::clock_t processor_start = std::clock();
        work();
        processor = std::min(processor, static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC);
        seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(seconds.begin(), seconds.end());
    return {seconds.front(), seconds[seconds.size() / 2], processor};
}

double gflops(double multiply_adds, double seconds) {
    return 2.0 * multiply_adds / seconds / 1e9;
}

void print_arithmetic(double multiply_adds, const Timing & timing) {
    std::printf("  arithmetic      %.1f GFLOPS at best, %.1f in the median, %.1f per second of processor time\n",
                gflops(multiply_adds, timing.least), gflops(multiply_adds, timing.median),
                gflops(multiply_adds, timing.processor));
}

// Multiplications of the decoder per frame: every weight of a convolution meets every sample of its input, or for
// stride 1, of its output.
double multiply_adds_per_frame(const dia::DacDecoderWeights & weights) {
    const auto n_weights = [](const dia::DacConv & conv) {
        return static_cast<double>(ggml_nelements(conv.weight));
    };
    double total = n_weights(weights.conv1);
    double samples = 1.0;
    for (const dia::DacBlock & block : weights.blocks) {
        total += n_weights(block.conv) * samples;
        samples *= static_cast<double>(block.conv.weight->ne[1]) / 2.0;
        for (const dia::DacResidualUnit & unit : block.res_units) {
            total += (n_weights(unit.conv1) + n_weights(unit.conv2)) * samples;
        }
    }
    return total + n_weights(weights.conv2) * samples;
}

void bench_matrix_product(const Options & options) {
    constexpr int64_t kRows = 2048;
    constexpr int64_t kInner = 2048;
    constexpr int64_t kColumns = 1024;
    dia::CpuBackend backend(options.n_threads);
    dia::Graph graph(8);
    ggml_tensor * a = graph.input(GGML_TYPE_F32, kInner, kRows);
    ggml_tensor * b = graph.input(GGML_TYPE_F32, kInner, kColumns);
    graph.add_output(ggml_mul_mat(graph.context(), a, b));
    graph.allocate();
    std::fill_n(dia::host_data<float>(a), kInner * kRows, 0.5f);
    std::fill_n(dia::host_data<float>(b), kInner * kColumns, 0.25f);
    const Timing timing = measure(2 * options.repetitions, [&] { backend.compute(graph.nodes()); });
    const double work = static_cast<double>(kRows * kInner * kColumns);
    std::printf("ggml F32 product 2048 x 2048 x 1024:\n");
    print_arithmetic(work, timing);
}

void bench_decoder(const Options & options) {
    dia::testing::SyntheticCodec description;
    description.type = options.type;
    const auto model = dia::testing::make_codec(description);
    const int64_t before = dia::live_bytes();
    dia::DacCodec codec(model, {options.n_threads, options.window_frames});

    // The window in the middle of a clip, with its context on both sides.
    const int64_t context = codec.context_frames();
    const int64_t n_frames = options.window_frames + 2 * context;
    std::vector<int32_t> codes(static_cast<size_t>(n_frames * codec.n_codebooks()));
    for (size_t i = 0; i < codes.size(); ++i) {
        codes[i] = static_cast<int32_t>(i * 389 % static_cast<size_t>(description.hparams.codebook_size));
    }
    std::vector<float> samples(static_cast<size_t>(options.window_frames * codec.hop_length()));
    const Timing timing =
        measure(options.repetitions, [&] { codec.decode(codes, context, options.window_frames, samples); });

    const double energy = std::inner_product(samples.begin(), samples.end(), samples.begin(), 0.0);
    const double memory = static_cast<double>(dia::live_bytes() - before) -
                          static_cast<double>(codes.size() * sizeof(int32_t) + samples.size() * sizeof(float));
    // Only what the window itself needs counts, not what its context costs.
    const double work = multiply_adds_per_frame(model->dac->decoder) * static_cast<double>(options.window_frames);
    const double audio = static_cast<double>(samples.size()) / description.hparams.sampling_rate;
    std::printf("DAC decoder, %s weights, windows of %d frames (%lld with context), RMS %.3f:\n",
                ggml_type_name(options.type), options.window_frames, static_cast<long long>(n_frames),
                std::sqrt(energy / static_cast<double>(samples.size())));
    std::printf(
        "  speed           %.2f s of audio per second at best, %.2f in the median, %.2f per second of processor "
        "time\n",
        audio / timing.least, audio / timing.median, audio / timing.processor);
    print_arithmetic(work, timing);
    std::printf("  working memory  %.1f MB\n", memory / 1e6);
}

Options parse(int n_arguments, char ** arguments) {
    Options options;
    if (n_arguments > 1) {
        options.n_threads = std::atoi(arguments[1]);
    }
    if (n_arguments > 2) {
        options.type = std::strcmp(arguments[2], "f16") == 0 ? GGML_TYPE_F16 : GGML_TYPE_F32;
    }
    if (n_arguments > 3) {
        options.window_frames = std::atoi(arguments[3]);
    }
    if (n_arguments > 4) {
        options.repetitions = std::max(1, std::atoi(arguments[4]));
    }
    return options;
}

}  // namespace

int main(int n_arguments, char ** arguments) {
    const Options options = parse(n_arguments, arguments);
    std::printf("%d threads\n", dia::CpuBackend(options.n_threads).n_threads());
    bench_matrix_product(options);
    bench_decoder(options);
    return 0;
}
