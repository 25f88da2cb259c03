#include "benchmark/model_benchmark.h"

#include <utility>

#include "backend/cpu_topology.h"
#include "model/decoder_run.h"
#include "support/error.h"
#include "support/process_memory.h"

namespace dia {

namespace {

constexpr int64_t kBatchPosition = 512;

}  // namespace

ModelBenchmark::ModelBenchmark(const std::string & path, const BenchmarkOptions & options)
    : path_(path),
      options_(options),
      model_(load_model(path, load_options())),
      n_threads_(resolve_thread_count(options.n_threads, model_->n_parameters)),
      products_(options.device, n_threads_, repetition()) {}

BenchmarkRun ModelBenchmark::run() {
    run_.device = options_.device;
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
std::vector<ModelBenchmark::Task> ModelBenchmark::tasks() {
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
        if (!on_gpu()) {  // where the codec is nothing else
            tasks.push_back([this] { decode_audio_by_stock_operators(); });
        }
        if (model_->hparams.dac->has_encoder) {
            tasks.push_back([this] { encode_audio(); });
        }
    }
    return tasks;
}

LoadOptions ModelBenchmark::load_options() const {
    LoadOptions options;
    options.device = options_.device;
    return options;
}

Repetition ModelBenchmark::repetition() {
    Repetition result = options_.repetition;
    result.compiles = on_gpu();
    result.before_run = [this] { check_progress(); };
    return result;
}

void ModelBenchmark::check_progress() const {
    if (options_.progress && !options_.progress(n_done_, n_tasks_)) {
        fail(DIA_STATUS_CANCELLED, "%s: measuring was cancelled", path_.c_str());
    }
}

Measurement & ModelBenchmark::add(const std::string & phase, const Timing & timing) {
    Measurement measurement;
    measurement.phase = phase;
    measurement.timing = timing;
    measurement.peak_bytes = peak_resident_bytes();
    run_.measurements.push_back(std::move(measurement));
    return run_.measurements.back();
}

// Sets the bound of the newest measurement at the end, when the machine was measured as often as it will be.
void ModelBenchmark::bound_later(const std::string & reason, std::function<double()> seconds) {
    bounds_.push_back([this, reason, seconds = std::move(seconds), index = run_.measurements.size() - 1] {
        run_.measurements[index].bound = Bound{seconds(), reason};
    });
}

void ModelBenchmark::read_weights() {
    const ReadBandwidth found =
        measure_read_bandwidth(decoder_work(*model_), options_.device, n_threads_, repetition());
    if (found.bytes_per_second() > run_.read_bandwidth.bytes_per_second()) {
        run_.read_bandwidth = found;
    }
}

void ModelBenchmark::load() {
    if (!on_gpu()) {
        add("load", measure(repetition(), [this] { load_model(path_, load_options()); }));
        return;
    }
    // A GPU may have no room for two.
    Repetition one_by_one = repetition();
    one_by_one.before_run = [this] {
        check_progress();
        model_.reset();
    };
    add("load", measure(one_by_one, [this] { model_ = load_model(path_, load_options()); }));
}

}  // namespace dia
