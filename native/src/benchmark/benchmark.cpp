#include "benchmark/benchmark.h"

#include <algorithm>
#include <memory>

#include "backend/backends.h"
#include "backend/cpu_backend.h"
#include "backend/cpu_topology.h"
#include "backend/graph.h"
#include "dac/dac_codec.h"
#include "dac/stock_codec.h"
#include "generation/generation_params.h"
#include "generation/generator.h"
#include "gguf/storage_type.h"
#include "model/decoder_run.h"
#include "model/encoder.h"
#include "model/model.h"
#include "model/row_linear.h"
#include "model/text_encoding.h"
#include "support/error.h"
#include "support/memory_ledger.h"
#include "support/process_memory.h"

namespace dia {

namespace {

constexpr int64_t kTextLength = 200;
constexpr int64_t kShortTextLength = 100;
constexpr int64_t kPromptFrames = 430;
constexpr int64_t kBatchPosition = 512;
constexpr int64_t kNearPosition = 64;  // what steps further on are compared with
// Until a frame is known, and the nine behind it that its samples depend on: BOS, 9 frames more and the largest
// delay.
constexpr int32_t kFirstAudioPositions = 26;
constexpr double kTotalSeconds = 10.0;
constexpr int64_t kCodecFrames = 86;  // one second
constexpr int64_t kSampledPositions = 32;
constexpr int32_t kMost = 1 << 20;

// Printable bytes of no meaning.
std::vector<int32_t> make_text(int64_t length) {
    std::vector<int32_t> ids(static_cast<size_t>(length));
    for (size_t i = 0; i < ids.size(); ++i) {
        ids[i] = static_cast<int32_t>(32 + i * 7 % 90);
    }
    return ids;
}

// Codes of no meaning, [n][C].
std::vector<int32_t> make_codes(int64_t n, int64_t n_channels, int32_t n_codes) {
    std::vector<int32_t> codes(static_cast<size_t>(n * n_channels));
    for (size_t i = 0; i < codes.size(); ++i) {
        codes[i] = static_cast<int32_t>(i * 389 % static_cast<size_t>(n_codes));
    }
    return codes;
}

// Values of no meaning in [-1, 1).
std::vector<float> make_values(int64_t n) {
    std::vector<float> values(static_cast<size_t>(n));
    for (size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(i * 2654435761u % 4096) / 2048.0f - 1.0f;
    }
    return values;
}

class Benchmark {
public:
    Benchmark(const std::string & path, const BenchmarkOptions & options)
        : path_(path),
          options_(options),
          model_(load_model(path, {})),
          n_threads_(resolve_thread_count(options.n_threads, model_->n_parameters)),
          products_(n_threads_, repetition()) {}

    BenchmarkRun run();

private:
    using Task = std::function<void()>;

    std::vector<Task> tasks();
    Repetition repetition();
    bool wants(dia_benchmark_phase phase) const { return (options_.phases & phase) != 0; }
    void check_progress() const;
    Measurement & add(const std::string & phase, const Timing & timing);
    void bound_later(const std::string & reason, std::function<double()> seconds);

    void read_weights();
    void load();
    void encode();
    void prefill();
    void decode(int64_t n_rows, int64_t position);
    void sample();
    void first_audio();
    void total();
    void decode_audio();
    void decode_audio_by_stock_operators();
    void encode_audio();

    DecoderSession make_session(int64_t n_rows, int64_t n_positions) const;
    Timing time_encoder(const std::vector<int32_t> & text);
    Timing time_step(int64_t n_rows, int64_t position, const std::vector<int32_t> & text);
    std::shared_ptr<const TextEncoding> encoding_of(const std::vector<int32_t> & text) const;
    dia_generation_params generation_params() const;
    std::unique_ptr<Generator> make_generator(const dia_generation_params & params) const;
    std::vector<int32_t> prefix(int64_t n_positions) const;
    std::vector<int32_t> frames_of(const Generator & generator) const;
    void bound_codec_later(double flops);

    const std::string path_;
    const BenchmarkOptions options_;
    std::shared_ptr<const Model> model_;
    const int32_t n_threads_;
    MatrixProducts products_;
    BenchmarkRun run_;
    std::vector<Task> bounds_;  // set those of the measurements, once all is known of the machine
    int64_t n_done_ = 0;
    int64_t n_tasks_ = 0;
};

BenchmarkRun Benchmark::run() {
    run_.model = model_->description;
    run_.name = model_->hparams.name;
    run_.n_parameters = model_->n_parameters;
    run_.n_bytes = model_->n_bytes;
    run_.cache_type = ggml_type_name(cache_type(DIA_TYPE_AUTO, *model_));
    run_.n_threads = n_threads_;
    const std::vector<Task> all = tasks();
    n_tasks_ = static_cast<int64_t>(all.size());
    for (const Task & task : all) {
        check_progress();
        reset_peak_resident_bytes();
        task();
        ++n_done_;
    }
    check_progress();
    for (const Task & set_bound : bounds_) {
        set_bound();
    }
    run_.matrix_products = products_.measured();
    return std::move(run_);
}

// DAC's encoder comes last: a process that only speaks never has its weights in memory.
std::vector<Benchmark::Task> Benchmark::tasks() {
    std::vector<Task> tasks = {[this] { read_weights(); }};
    if (wants(DIA_BENCHMARK_PHASE_LOAD)) {
        tasks.push_back([this] { load(); });
    }
    if (wants(DIA_BENCHMARK_PHASE_ENCODE)) {
        tasks.push_back([this] { encode(); });
    }
    if (wants(DIA_BENCHMARK_PHASE_PREFILL)) {
        tasks.push_back([this] { prefill(); });
    }
    if (wants(DIA_BENCHMARK_PHASE_DECODE)) {
        for (const int32_t n_rows : options_.batch_sizes) {
            const std::vector<int32_t> elsewhere = {kBatchPosition};
            for (const int32_t position : n_rows == 1 ? options_.positions : elsewhere) {
                tasks.push_back([this, n_rows, position] { decode(n_rows, position); });
            }
        }
    }
    if (wants(DIA_BENCHMARK_PHASE_SAMPLE)) {
        tasks.push_back([this] { sample(); });
    }
    if (model_->dac && wants(DIA_BENCHMARK_PHASE_FIRST_AUDIO)) {
        tasks.push_back([this] { first_audio(); });
    }
    if (model_->dac && wants(DIA_BENCHMARK_PHASE_TOTAL)) {
        tasks.push_back([this] { total(); });
    }
    if (model_->dac && wants(DIA_BENCHMARK_PHASE_CODEC)) {
        tasks.push_back([this] { decode_audio(); });
        tasks.push_back([this] { decode_audio_by_stock_operators(); });
        if (model_->hparams.dac->has_encoder) {
            tasks.push_back([this] { encode_audio(); });
        }
    }
    return tasks;
}

Repetition Benchmark::repetition() {
    Repetition result = options_.repetition;
    result.before_run = [this] { check_progress(); };
    return result;
}

void Benchmark::check_progress() const {
    if (options_.progress && !options_.progress(n_done_, n_tasks_)) {
        fail(DIA_STATUS_CANCELLED, "%s: measuring was cancelled", path_.c_str());
    }
}

Measurement & Benchmark::add(const std::string & phase, const Timing & timing) {
    Measurement measurement;
    measurement.phase = phase;
    measurement.timing = timing;
    measurement.peak_bytes = peak_resident_bytes();
    run_.measurements.push_back(std::move(measurement));
    return run_.measurements.back();
}

// Sets the bound of the newest measurement at the end, when the machine was measured as often as it will be.
void Benchmark::bound_later(const std::string & reason, std::function<double()> seconds) {
    bounds_.push_back([this, reason, seconds = std::move(seconds), index = run_.measurements.size() - 1] {
        run_.measurements[index].bound = Bound{seconds(), reason};
    });
}

void Benchmark::read_weights() {
    const ReadBandwidth found = measure_read_bandwidth(decoder_work(*model_), n_threads_, repetition());
    if (found.bytes_per_second() > run_.read_bandwidth.bytes_per_second()) {
        run_.read_bandwidth = found;
    }
}

void Benchmark::load() {
    add("load", measure(repetition(), [this] { load_model(path_, {}); }));
}

Timing Benchmark::time_encoder(const std::vector<int32_t> & text) {
    const Backends backends(model_->placement.devices(), n_threads_);
    RowLinear row_linear(n_threads_);
    return measure(repetition(), [&] { encode_text(*model_, backends, text, &row_linear); });
}

void Benchmark::encode() {
    const EncoderHparams & hparams = model_->hparams.dia.encoder;
    Measurement & result = add("encode", time_encoder(make_text(kTextLength)));
    const MatrixWork work = encoder_work(*model_);
    const double attention = encoder_attention_flops(hparams, kTextLength);
    products_.measure(work);
    products_.measure(GGML_TYPE_F32);
    bound_later("arithmetic", [this, work, attention] {
        return products_.seconds(work, kTextLength) + attention / products_.flops_per_second(GGML_TYPE_F32);
    });
    result.figures = {{"bytes", kTextLength},
                      {"gflops", 1e-9 * (work.flops() * kTextLength + attention) / result.timing.median}};
}

std::shared_ptr<const TextEncoding> Benchmark::encoding_of(const std::vector<int32_t> & text) const {
    EncodingOptions options;
    options.n_threads = n_threads_;
    return dia::encode(model_, text, {}, options);
}

DecoderSession Benchmark::make_session(int64_t n_rows, int64_t n_positions) const {
    DecoderSessionOptions options;
    options.n_rows = static_cast<int32_t>(n_rows);
    options.n_positions = n_positions;
    options.n_threads = n_threads_;
    return DecoderSession(model_, options);
}

// BOS, then codes.
std::vector<int32_t> Benchmark::prefix(int64_t n_positions) const {
    const DiaHparams & hparams = model_->hparams.dia;
    std::vector<int32_t> tokens = make_codes(n_positions, hparams.decoder.num_channels, hparams.eos_token_id);
    std::fill_n(tokens.begin(), hparams.decoder.num_channels, hparams.bos_token_id);
    return tokens;
}

void Benchmark::prefill() {
    constexpr int64_t n_positions = 1 + kPromptFrames;
    const auto text = encoding_of(make_text(kTextLength));
    const std::vector<int32_t> tokens = prefix(n_positions);
    DecoderSession session = make_session(1, n_positions);
    Measurement & result = add("prefill", measure(repetition(), [&] { session.prefill(0, *text, tokens); }));
    const MatrixWork work = decoder_work(*model_);
    products_.measure(work);
    bound_later("arithmetic", [this, work] { return products_.seconds(work, 2 * n_positions); });
    result.figures = {{"prompt_frames", kPromptFrames},
                      {"gflops", 1e-9 * work.flops() * 2 * n_positions / result.timing.median}};
}

// Steps one behind the other, from the position on.
Timing Benchmark::time_step(int64_t n_rows, int64_t position, const std::vector<int32_t> & text) {
    const int64_t n_steps = int64_t{options_.repetition.warm_up} + options_.repetition.repetitions;
    const auto encoding = encoding_of(text);
    const std::vector<int32_t> bos = prefix(1);
    DecoderSession session = make_session(n_rows, std::max<int64_t>(1, position) + n_steps);
    std::vector<int32_t> rows;
    for (int32_t row = 0; row < n_rows; ++row) {
        session.prefill(row, *encoding, bos);
        rows.push_back(row);
    }
    session.place_at(std::max<int64_t>(1, position));
    const std::vector<int32_t> tokens =
        make_codes(n_rows, model_->hparams.dia.decoder.num_channels, model_->hparams.dia.eos_token_id);
    return measure(repetition(), [&] { session.step(rows, tokens); });
}

void Benchmark::decode(int64_t n_rows, int64_t position) {
    Measurement & result = add("decode", time_step(n_rows, position, make_text(kTextLength)));
    const MatrixWork work = decoder_work(*model_);
    const double n_columns = 2.0 * static_cast<double>(n_rows);  // with guidance
    result.n_rows = n_rows;
    result.position = position;
    if (n_rows == 1) {
        read_weights();
        bound_later("reading the weights",
                    [this, work] { return work.n_bytes() / run_.read_bandwidth.bytes_per_second(); });
    } else {
        products_.measure(work);
        bound_later("arithmetic", [this, work, n_columns] { return products_.seconds(work, n_columns); });
    }
    result.figures = {{"gflops", 1e-9 * work.flops() * n_columns / result.timing.median},
                      {"weights_gb_per_second", 1e-9 * work.n_bytes() / result.timing.median}};
    for (const Measurement & near : run_.measurements) {
        if (n_rows == 1 && near.n_rows == 1 && near.position == kNearPosition && position > kNearPosition) {
            result.figures.emplace_back("times_the_time_at_64", result.timing.median / near.timing.median);
        }
    }
}

dia_generation_params Benchmark::generation_params() const {
    dia_generation_params params = generation_params_of(model_->hparams.generation);
    params.has_seed = 1;
    params.n_threads = n_threads_;
    return params;
}

void Benchmark::sample() {
    const DiaHparams & hparams = model_->hparams.dia;
    const int64_t C = hparams.decoder.num_channels;
    const int64_t V = hparams.decoder.vocab_size;
    const std::vector<float> values = make_values(2 * C * V);
    const span<const float> all(values);
    const RowLogits logits = {all.subspan(0, static_cast<size_t>(C * V)),
                              all.subspan(static_cast<size_t>(C * V), static_cast<size_t>(C * V))};
    const std::vector<int32_t> tokens = prefix(1 + kSampledPositions);
    std::vector<int32_t> chosen(static_cast<size_t>(C));
    TokenChooser chooser(hparams, generation_params());
    const Timing timing = measure(repetition(), [&] {
        EndOfSpeech end(hparams.delay_pattern, hparams.eos_token_id, kMost);
        for (int64_t position = 1; position <= kSampledPositions; ++position) {
            Place place;
            place.position = position;
            place.tokens = span<const int32_t>(tokens).subspan(0, static_cast<size_t>(position * C));
            place.may_end = false;
            require_finite(logits, static_cast<int32_t>(C), place);
            chooser.choose(logits, place, end, chosen);
        }
    });
    add("sample", timing / kSampledPositions).figures = {{"channels", static_cast<double>(C)},
                                                         {"tokens", static_cast<double>(V)}};
}

std::unique_ptr<Generator> Benchmark::make_generator(const dia_generation_params & params) const {
    const DacHparams & dac = *model_->hparams.dac;
    return std::make_unique<Generator>(model_->hparams.dia, FrameRate{dac.sampling_rate, dac.hop_length}, params,
                                       model_predictor(model_));
}

std::vector<int32_t> Benchmark::frames_of(const Generator & generator) const {
    const GenerationRow & row = generator.row(0);
    std::vector<int32_t> codes(static_cast<size_t>(row.n_frames() * generator.n_channels()));
    row.copy_frames(0, codes);
    return codes;
}

void Benchmark::first_audio() {
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
        const std::unique_ptr<Generator> generator = make_generator(params);
        Utterance utterance;
        utterance.input_ids = text;
        generator->add_utterance(std::move(utterance));
        generator->prefill();
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

void Benchmark::total() {
    const std::vector<int32_t> text = make_text(kTextLength);
    dia_generation_params params = generation_params();
    params.max_seconds = kTotalSeconds;
    params.min_new_tokens =
        frames_in(kTotalSeconds, {model_->hparams.dac->sampling_rate, model_->hparams.dac->hop_length});
    double n_samples = 0.0;
    double n_positions = 0.0;
    const Timing timing = measure(repetition(), [&] {
        const std::unique_ptr<Generator> generator = make_generator(params);
        Utterance utterance;
        utterance.input_ids = text;
        generator->add_utterance(std::move(utterance));
        generator->prefill();
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

void Benchmark::bound_codec_later(double flops) {
    products_.measure(GGML_TYPE_F32);
    bound_later("f32 arithmetic", [this, flops] { return flops / products_.flops_per_second(GGML_TYPE_F32); });
}

void Benchmark::decode_audio() {
    const int64_t before = live_bytes();
    DacCodec codec(model_, {n_threads_});
    // The window in the middle of a clip, with its context on both sides.
    const int64_t context = codec.context_frames();
    const std::vector<int32_t> codes =
        make_codes(kCodecFrames + 2 * context, codec.n_codebooks(), model_->hparams.dac->codebook_size);
    std::vector<float> samples(static_cast<size_t>(kCodecFrames * codec.hop_length()));
    const Timing timing = measure(repetition(), [&] { codec.decode(codes, context, kCodecFrames, samples); });
    const size_t held = codes.size() * sizeof(int32_t) + samples.size() * sizeof(float);
    const auto memory = static_cast<double>(live_bytes() - before - static_cast<int64_t>(held));
    const double flops =
        dac_decoder_flops(model_->dac->decoder) * kCodecFrames;  // what the context costs is no work
    const double audio = static_cast<double>(samples.size()) / model_->hparams.dac->sampling_rate;
    Measurement & result = add("decode audio", timing);
    bound_codec_later(flops);
    result.figures = {{"gflops", 1e-9 * flops / timing.median},
                      {"times_real_time", audio / timing.median},
                      {"working_megabytes", 1e-6 * memory}};
}

void Benchmark::decode_audio_by_stock_operators() {
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

void Benchmark::encode_audio() {
    DacCodec codec(model_, {n_threads_});
    const std::vector<float> samples = make_values(kCodecFrames * codec.hop_length());
    const Timing timing = measure(repetition(), [&] { codec.encode(samples); });
    const double flops = dac_encoder_flops(model_->dac->encoder, model_->hparams.dac->hop_length) * kCodecFrames;
    const double audio = static_cast<double>(samples.size()) / model_->hparams.dac->sampling_rate;
    Measurement & result = add("encode audio", timing);
    bound_codec_later(flops);
    result.figures = {{"gflops", 1e-9 * flops / timing.median}, {"times_real_time", audio / timing.median}};
}

void require_range(const char * name, int64_t value, int64_t least, int64_t most) {
    if (value < least || value > most) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%s is %lld, expected %lld to %lld", name, static_cast<long long>(value),
             static_cast<long long>(least), static_cast<long long>(most));
    }
}

void validate(const BenchmarkOptions & options) {
    constexpr int32_t kMostRuns = 1000;
    constexpr int32_t kMostRows = 1024;
    if (options.phases < 1 || options.phases > kAllBenchmarkPhases) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "phases is %d, which is no sum of dia_benchmark_phase", options.phases);
    }
    require_thread_count(options.n_threads);
    require_range("warm_up", options.repetition.warm_up, 0, kMostRuns);
    require_range("repetitions", options.repetition.repetitions, 1, kMostRuns);
    if (!(options.repetition.max_seconds > 0.0)) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "max_seconds is %g, expected more than 0",
             options.repetition.max_seconds);
    }
    for (const int32_t position : options.positions) {
        require_range("a position", position, 0, kMost);
    }
    for (const int32_t n_rows : options.batch_sizes) {
        require_range("a batch size", n_rows, 1, kMostRows);
    }
}

}  // namespace

BenchmarkRun run_benchmark(const std::string & path, const BenchmarkOptions & options) {
    validate(options);
    return Benchmark(path, options).run();
}

}  // namespace dia
