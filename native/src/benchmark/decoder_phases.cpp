// The phases of the language model: a text, a prefix, steps and the choice of tokens.
#include <algorithm>

#include "backend/backends.h"
#include "benchmark/made_inputs.h"
#include "benchmark/model_benchmark.h"
#include "generation/generation_params.h"
#include "generation/token_chooser.h"
#include "model/encoder.h"
#include "model/row_linear.h"

namespace dia {

namespace {

constexpr int64_t kPromptFrames = 430;
constexpr int64_t kNearPosition = 64;  // what steps further on are compared with
constexpr int64_t kSampledPositions = 32;
constexpr int32_t kFarPosition = 1 << 20;  // where a speech that does not end would

}  // namespace

Timing ModelBenchmark::time_encoder(const std::vector<int32_t> & text) {
    const Backends backends(model_->placement.devices(), n_threads_);
    RowLinear row_linear(n_threads_);
    return measure(repetition(), [&] { encode_text(*model_, backends, text, &row_linear); });
}

void ModelBenchmark::encode() {
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

std::shared_ptr<const TextEncoding> ModelBenchmark::encoding_of(const std::vector<int32_t> & text) const {
    EncodingOptions options;
    options.n_threads = n_threads_;
    return dia::encode(model_, text, {}, options);
}

DecoderSession ModelBenchmark::make_session(int64_t n_rows, int64_t n_positions) const {
    DecoderSessionOptions options;
    options.n_rows = static_cast<int32_t>(n_rows);
    options.n_positions = n_positions;
    options.n_threads = n_threads_;
    return DecoderSession(model_, options);
}

// BOS, then codes.
std::vector<int32_t> ModelBenchmark::prefix(int64_t n_positions) const {
    const DiaHparams & hparams = model_->hparams.dia;
    std::vector<int32_t> tokens = make_codes(n_positions, hparams.decoder.num_channels, hparams.eos_token_id);
    std::fill_n(tokens.begin(), hparams.decoder.num_channels, hparams.bos_token_id);
    return tokens;
}

void ModelBenchmark::prefill() {
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
Timing ModelBenchmark::time_step(int64_t n_rows, int64_t position, const std::vector<int32_t> & text) {
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

void ModelBenchmark::decode(int64_t n_rows, int64_t position) {
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

dia_generation_params ModelBenchmark::generation_params() const {
    dia_generation_params params = generation_params_of(model_->hparams.generation);
    params.has_seed = 1;
    params.n_threads = n_threads_;
    return params;
}

void ModelBenchmark::sample() {
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
        EndOfSpeech end(hparams.delay_pattern, hparams.eos_token_id, kFarPosition);
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

}  // namespace dia
