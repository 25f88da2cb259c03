#include "dac/dac_codec.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/compute_turn.h"
#include "backend/cpu_topology.h"
#include "dac/stock_codec.h"
#include "model/model.h"
#include "support/error.h"

namespace dia {

struct DacCodec::Window {
    Window(size_t n_tensors, Device device, const DacStretch & frames, bool is_encoder)
        : graph(n_tensors, device), stretch(frames), encodes(is_encoder) {}

    // Whether the graph is the one for these frames, wherever in a clip they are.
    bool fits(const DacStretch & frames, bool is_encoder) const {
        return encodes == is_encoder && stretch.size() == frames.size() && stretch.count == frames.count &&
               stretch.first - stretch.begin == frames.first - frames.begin;
    }

    Graph graph;
    DacStretch stretch;
    bool encodes;
    ggml_tensor * latents = nullptr;  // F32 [stretch.size(), hidden_size]
    ggml_tensor * samples =
        nullptr;  // encoder: F32 [stretch.size() * hop_length]; decoder: F32 [stretch.count * hop_length], or more
    int64_t first_sample = 0;  // of those that a decoder was asked for
};

namespace {

const Model & require_codec(const std::shared_ptr<const Model> & model) {
    if (!model->dac) {
        fail(DIA_STATUS_INVALID_STATE, "the model has no codec: its file has none, or it was loaded without");
    }
    return *model;
}

int64_t require_window_frames(int32_t window_frames) {
    if (window_frames < 1) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "window_frames is %d, expected at least 1", window_frames);
    }
    return window_frames;
}

// Where an input of a graph is written.
span<float> input_values(Graph & graph, const ggml_tensor * input) {
    return {graph.values_of<float>(input), static_cast<size_t>(ggml_nelements(input))};
}

// The largest matrix of so many frames with their context stays below 128 MB, the least that a Vulkan driver takes.
constexpr int64_t kMostGpuFrames = 64;

// Samples far beyond full scale overflow; the nearest code of a NaN would be none.
void require_finite_latents(span<const float> latents, const DacStretch & stretch) {
    if (!std::all_of(latents.begin(), latents.end(), [](float latent) { return std::isfinite(latent); })) {
        fail(DIA_STATUS_NOT_A_NUMBER, "the codec's encoder computed a NaN or an infinity in frames %lld to %lld",
             static_cast<long long>(stretch.begin), static_cast<long long>(stretch.begin + stretch.size() - 1));
    }
}

}  // namespace

DacCodec::DacCodec(std::shared_ptr<const Model> model, const DacCodecOptions & options)
    : model_(std::move(model)),
      window_frames_(std::min(require_window_frames(options.window_frames),
                              model_->placement.of_codec().is_gpu() ? kMostGpuFrames : INT64_MAX)),
      hop_length_(require_codec(model_).hparams.dac->hop_length),
      n_threads_(resolve_thread_count(require_thread_count(options.n_threads))),
      backend_(make_backend(model_->placement.of_codec(), n_threads_, unless(&cancelled_))),
      quantizer_(model_->dac->quantizers),
      decoder_(model_->dac->decoder, model_->hparams.dac->upsampling_ratios, workspace_),
      decoder_context_(decoder_.context()) {
    if (model_->hparams.dac->has_encoder) {
        encoder_.emplace(model_->dac->encoder, model_->hparams.dac->downsampling_ratios, workspace_);
        encoder_context_ = encoder_->context();
    }
    if (!model_->placement.of_codec().is_gpu()) {
        workspace_.allocate(n_threads_);
    }
}

DacCodec::~DacCodec() = default;

Graph::Size DacCodec::measure(int64_t n_decoded, int64_t n_encoded) {
    // A window in the middle of a clip has its whole context.
    const auto middle = [&](int64_t n_frames, const DacContext & context) {
        const int64_t count = std::min(window_frames_, n_frames);
        return DacStretch(std::min(context.before, n_frames - count), count, n_frames, context);
    };
    Graph::Size size;
    const auto include = [&](Window & window) {
        const Graph::Size more = window.graph.measure(n_threads_);
        size.host = std::max(size.host, more.host);
        size.device = std::max(size.device, more.device);
    };
    if (n_decoded > 0) {
        include(*make_decoder_window(middle(n_decoded, decoder_context_)));
    }
    if (n_encoded > 0 && encoder_) {
        include(*make_encoder_window(middle(n_encoded, encoder_context_)));
    }
    size.host += static_cast<int64_t>(workspace_.n_bytes() + quantizer_.n_bytes());
    return size;
}

int64_t DacCodec::context_frames() const {
    return std::max(decoder_context_.before, decoder_context_.after);
}

span<const float> DacCodec::codebook(int64_t index) const {
    if (index < 0 || index >= n_codebooks()) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "codebook is %lld, expected 0 to %lld", static_cast<long long>(index),
             static_cast<long long>(n_codebooks() - 1));
    }
    return quantizer_.codebook(index);
}

bool DacCodec::fits_beside(int32_t n_threads) const {
    const Placement & placement = model_->placement;
    return placement.of_codec().is_gpu()
               ? placement.n_gpu_layers() == 0
               : fit_beside(n_threads_, resolve_thread_count(n_threads, model_->n_parameters));
}

void DacCodec::decode(span<const int32_t> codes, int64_t first, int64_t count, span<float> samples) {
    const int64_t n_frames = check_range(codes, first, count, samples);
    for (int64_t done = 0; done < count; done += window_frames_) {
        const DacStretch stretch(first + done, std::min(window_frames_, count - done), n_frames, decoder_context_);
        Window & window = window_for(stretch, false);
        quantizer_.decode(frames_of(codes, stretch), input_values(window.graph, window.latents));
        compute(window);
        read_floats(window.samples, window.first_sample,
                    samples.subspan(static_cast<size_t>(done * hop_length_),
                                    static_cast<size_t>(stretch.count * hop_length_)));
    }
}

EncodedAudio DacCodec::encode(span<const float> samples) {
    if (!encoder_) {
        fail(DIA_STATUS_UNSUPPORTED,
             "the model's codec has no encoder, so that audio cannot become codes: convert it again with a codec "
             "that has");
    }
    const int64_t n_samples = static_cast<int64_t>(samples.size());
    const int64_t n_frames = (n_samples + hop_length_ - 1) / hop_length_;
    EncodedAudio result;
    result.codes.resize(static_cast<size_t>(n_frames * n_codebooks()));
    result.smallest_lead = std::numeric_limits<double>::infinity();
    for (int64_t done = 0; done < n_frames; done += window_frames_) {
        const DacStretch stretch(done, std::min(window_frames_, n_frames - done), n_frames, encoder_context_);
        Window & window = window_for(stretch, true);
        const span<float> input = input_values(window.graph, window.samples);
        const int64_t begin = stretch.begin * hop_length_;
        const int64_t n = std::min(static_cast<int64_t>(input.size()), n_samples - begin);
        std::fill(std::copy_n(samples.data() + begin, n, input.begin()), input.end(), 0.0f);
        compute(window);
        const std::vector<float> latents = floats_of(window.latents);
        require_finite_latents(latents, stretch);

        const span<int32_t> codes(result.codes.data() + stretch.first * n_codebooks(),
                                  static_cast<size_t>(stretch.count * n_codebooks()));
        const double lead = quantizer_.encode(latents, stretch.first - stretch.begin, codes);
        result.smallest_lead = std::min(result.smallest_lead, lead);
    }
    return result;
}

span<const int32_t> DacCodec::frames_of(span<const int32_t> codes, const DacStretch & stretch) const {
    return codes.subspan(static_cast<size_t>(stretch.begin * n_codebooks()),
                         static_cast<size_t>(stretch.size() * n_codebooks()));
}

// Checks what decode() is given, and returns the frames of the clip.
int64_t DacCodec::check_range(span<const int32_t> codes, int64_t first, int64_t count, span<float> samples) const {
    const int64_t n_values = static_cast<int64_t>(codes.size());
    if (n_values % n_codebooks() != 0) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%lld codes are not whole frames of %lld codebooks",
             static_cast<long long>(n_values), static_cast<long long>(n_codebooks()));
    }
    const int64_t n_frames = n_values / n_codebooks();
    if (first < 0 || first > n_frames || count < 0 || count > n_frames - first) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "%lld frames from frame %lld on, but the clip has frames 0 to %lld",
             static_cast<long long>(count), static_cast<long long>(first), static_cast<long long>(n_frames - 1));
    }
    if (static_cast<int64_t>(samples.size()) != count * hop_length_) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "room for %zu samples, but %lld frames are %lld samples", samples.size(),
             static_cast<long long>(count), static_cast<long long>(count * hop_length_));
    }
    const DacStretch stretch(first, count, n_frames, decoder_context_);
    quantizer_.check(frames_of(codes, stretch), stretch.begin);
    return n_frames;
}

std::unique_ptr<DacCodec::Window> DacCodec::make_decoder_window(const DacStretch & stretch) {
    const DacDecoderWeights & weights = model_->dac->decoder;
    const bool on_gpu = model_->placement.of_codec().is_gpu();
    const size_t n_tensors = on_gpu ? stock_decoder_size(weights) : decoder_.n_tensors();
    auto window = std::make_unique<Window>(1 + n_tensors, model_->placement.of_codec(), stretch, false);
    const SampleRange frames = {stretch.first - stretch.begin, stretch.first - stretch.begin + stretch.count - 1};
    window->latents = window->graph.input(GGML_TYPE_F32, stretch.size(), quantizer_.hidden_size());
    if (on_gpu) {
        window->samples = build_stock_decoder(window->graph, weights, window->latents);
        window->first_sample = frames.first * hop_length_;
    } else {
        window->samples = decoder_.build(window->graph, window->latents, frames);
    }
    return window;
}

std::unique_ptr<DacCodec::Window> DacCodec::make_encoder_window(const DacStretch & stretch) {
    const DacEncoderWeights & weights = model_->dac->encoder;
    const bool on_gpu = model_->placement.of_codec().is_gpu();
    const size_t n_tensors = on_gpu ? stock_encoder_size(weights) : encoder_->n_tensors();
    auto window = std::make_unique<Window>(1 + n_tensors, model_->placement.of_codec(), stretch, true);
    window->samples = window->graph.input(GGML_TYPE_F32, stretch.size() * hop_length_);
    window->latents = on_gpu ? build_stock_encoder(window->graph, weights, model_->hparams.dac->downsampling_ratios,
                                                   window->samples)
                             : encoder_->build(window->graph, window->samples);
    return window;
}

// The window for these frames, which may be the last one.
DacCodec::Window & DacCodec::window_for(const DacStretch & stretch, bool is_encoder) {
    if (!window_ || !window_->fits(stretch, is_encoder)) {
        window_.reset();  // before the next one takes its memory
        auto made = is_encoder ? make_encoder_window(stretch) : make_decoder_window(stretch);
        made->graph.allocate();
        window_ = std::move(made);
    }
    return *window_;
}

void DacCodec::compute(Window & window) {
    if (cancelled_.exchange(false)) {
        fail(DIA_STATUS_CANCELLED, "cancelled");
    }
    model_->check_weights();
    try {
        backend_->compute(window.graph);
    } catch (const Error & error) {
        if (error.status() == DIA_STATUS_CANCELLED) {
            cancelled_.store(false);
        }
        throw;
    }
}

}  // namespace dia
