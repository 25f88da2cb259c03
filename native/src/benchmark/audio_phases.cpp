// The phases that end in audio, and those of the codec.
#include <algorithm>

#include "backend/cpu_backend.h"
#include "backend/graph.h"
#include "benchmark/made_inputs.h"
#include "benchmark/model_benchmark.h"
#include "dac/dac_codec.h"
#include "dac/stock_codec.h"
#include "generation/length_limit.h"
#include "support/memory_ledger.h"

namespace dia {

namespace {

constexpr int64_t kShortTextLength = 100;
// Until a frame is known, and the nine behind it that its samples depend on: BOS, 9 frames more and the largest
// delay.
constexpr int32_t kFirstAudioPositions = 26;
constexpr double kTotalSeconds = 10.0;
constexpr int64_t kCodecFrames = 86;  // one second

}  // namespace

std::unique_ptr<Generator> ModelBenchmark::prefilled_generator(const dia_generation_params & params,
                                                               const std::vector<int32_t> & text) const {
    auto generator = std::make_unique<Generator>(model_->hparams.dia, frame_rate_of(model_->hparams), params,
                                                 model_predictor(model_));
    Utterance utterance;
    utterance.input_ids = text;
    generator->add_utterance(std::move(utterance));
    generator->prefill();
    return generator;
}

std::vector<int32_t> ModelBenchmark::frames_of(const Generator & generator) const {
    const GenerationRow & row = generator.row(0);
    std::vector<int32_t> codes(static_cast<size_t>(row.n_frames() * generator.n_channels()));
    row.copy_frames(0, codes);
    return codes;
}

void ModelBenchmark::first_audio() {
    const std::vector<int32_t> text = make_text(kShortTextLength);
    dia_generation_params params = generation_params();
    params.max_new_tokens = 16 * kFirstAudioPositions;  // far enough that the end does not begin
    params.min_new_tokens = params.max_new_tokens;
    DacCodec codec(model_, {n_threads_});
    std::vector<int32_t> codes;
    std::vector<float> samples;
    const auto decode_first = [&] {
        const int64_t n_frames = static_cast<int64_t>(codes.size()) / codec.n_codebooks();
        const int64_t n_final = std::max<int64_t>(1, n_frames - codec.context_frames());
        samples.resize(static_cast<size_t>(n_final * codec.hop_length()));
        codec.decode(codes, 0, n_final, samples);
    };
    const Timing whole = measure(repetition(), [&] {
        const std::unique_ptr<Generator> generator = prefilled_generator(params, text);
        for (int32_t i = 1; i < kFirstAudioPositions; ++i) {
            generator->step();
        }
        codes = frames_of(*generator);
        decode_first();
    });
    Measurement & result = add("first audio", whole);
    const double encoder = time_encoder(text).median;
    const double step = time_step(1, kFirstAudioPositions / 2, text).median;
    const double window = measure(repetition(), decode_first).median;
    bound_later("its parts", [=] { return encoder + kFirstAudioPositions * step + window; });
    result.figures = {{"bytes", kShortTextLength},         {"encoder_ms", 1e3 * encoder},
                      {"positions", kFirstAudioPositions}, {"step_ms", 1e3 * step},
                      {"window_ms", 1e3 * window},         {"samples", static_cast<double>(samples.size())}};
}

void ModelBenchmark::total() {
    const std::vector<int32_t> text = make_text(kTextLength);
    dia_generation_params params = generation_params();
    params.max_seconds = kTotalSeconds;
    params.min_new_tokens = frames_in(kTotalSeconds, *frame_rate_of(model_->hparams));
    double n_samples = 0.0;
    double n_positions = 0.0;
    const Timing timing = measure(repetition(), [&] {
        const std::unique_ptr<Generator> generator = prefilled_generator(params, text);
        while (generator->step() > 0) {
            check_progress();
        }
        DacCodec codec(model_, {n_threads_});
        const std::vector<int32_t> codes = frames_of(*generator);
        const int64_t n_frames = static_cast<int64_t>(codes.size()) / codec.n_codebooks();
        std::vector<float> samples(static_cast<size_t>(n_frames * codec.hop_length()));
        codec.decode(codes, 0, n_frames, samples);
        n_samples = static_cast<double>(samples.size());
        n_positions = static_cast<double>(generator->row(0).n_positions());
    });
    const double audio = n_samples / model_->hparams.dac->sampling_rate;
    add("total", timing).figures = {
        {"audio_seconds", audio}, {"positions", n_positions}, {"times_real_time", audio / timing.median}};
}

void ModelBenchmark::bound_codec_later(double flops) {
    products_.measure(GGML_TYPE_F32);
    bound_later("f32 arithmetic", [this, flops] { return flops / products_.flops_per_second(GGML_TYPE_F32); });
}

void ModelBenchmark::decode_audio() {
    const int64_t before = live_bytes();
    DacCodec codec(model_, {n_threads_});
    // The window in the middle of a clip, with its context on both sides.
    const int64_t context = codec.context_frames();
    const std::vector<int32_t> codes =
        make_codes(kCodecFrames + 2 * context, codec.n_codebooks(), model_->hparams.dac->codebook_size);
    std::vector<float> samples(static_cast<size_t>(kCodecFrames * codec.hop_length()));
    const Timing timing = measure(repetition(), [&] { codec.decode(codes, context, kCodecFrames, samples); });
    const size_t held = codes.size() * sizeof(int32_t) + samples.size() * sizeof(float);
    const int64_t memory = on_gpu() ? codec.measure(kCodecFrames + 2 * context, 0).device
                                    : live_bytes() - before - static_cast<int64_t>(held);
    const double flops =
        dac_decoder_flops(model_->dac->decoder) * kCodecFrames;  // what the context costs is no work
    const double audio = static_cast<double>(samples.size()) / model_->hparams.dac->sampling_rate;
    Measurement & result = add("decode audio", timing);
    bound_codec_later(flops);
    result.figures = {{"gflops", 1e-9 * flops / timing.median},
                      {"times_real_time", audio / timing.median},
                      {"working_megabytes", 1e-6 * static_cast<double>(memory)}};
}

void ModelBenchmark::decode_audio_by_stock_operators() {
    const double ours = run_.measurements.back().timing.median;
    const DacDecoderWeights & weights = model_->dac->decoder;
    CpuBackend backend(n_threads_);
    Graph graph(stock_decoder_size(weights));
    ggml_tensor * latent = graph.input(GGML_TYPE_F32, kCodecFrames, model_->hparams.dac->hidden_size);
    build_stock_decoder(graph, weights, latent);
    graph.allocate();
    const std::vector<float> values = make_values(ggml_nelements(latent));
    std::copy(values.begin(), values.end(), host_data<float>(latent));
    const Timing timing = measure(repetition(), [&] { backend.compute(graph.nodes()); });
    const double flops = dac_decoder_flops(weights) * kCodecFrames;
    Measurement & result = add("decode audio, stock operators", timing);
    bound_codec_later(flops);
    result.figures = {{"gflops", 1e-9 * flops / timing.median},
                      {"times_the_time_of_decode_audio", timing.median / ours}};
}

void ModelBenchmark::encode_audio() {
    DacCodec codec(model_, {n_threads_});
    const std::vector<float> samples = make_values(kCodecFrames * codec.hop_length());
    const Timing timing = measure(repetition(), [&] { codec.encode(samples); });
    const double flops = dac_encoder_flops(model_->dac->encoder, model_->hparams.dac->hop_length) * kCodecFrames;
    const double audio = static_cast<double>(samples.size()) / model_->hparams.dac->sampling_rate;
    Measurement & result = add("encode audio", timing);
    bound_codec_later(flops);
    result.figures = {{"gflops", 1e-9 * flops / timing.median}, {"times_real_time", audio / timing.median}};
}

}  // namespace dia
