// The measurements of one model on one device: a function for each phase, whose bodies stand in decoder_phases.cpp
// and audio_phases.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/device.h"
#include "benchmark/benchmark.h"
#include "benchmark/model_work.h"
#include "benchmark/roofline.h"
#include "benchmark/timing.h"
#include "generation/generator.h"
#include "model/decoder_session.h"
#include "model/model.h"
#include "model/text_encoding.h"

namespace dia {

class ModelBenchmark {
public:
    ModelBenchmark(const std::string & path, const BenchmarkOptions & options);

    BenchmarkRun run();

private:
    using Task = std::function<void()>;

    static constexpr int64_t kTextLength = 200;

    std::vector<Task> tasks();
    LoadOptions load_options() const;
    Repetition repetition();
    bool wants(dia_benchmark_phase phase) const { return (options_.phases & phase) != 0; }
    bool on_gpu() const { return options_.device.is_gpu(); }
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
    std::unique_ptr<Generator> prefilled_generator(const dia_generation_params & params,
                                                   const std::vector<int32_t> & text) const;
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

}  // namespace dia
