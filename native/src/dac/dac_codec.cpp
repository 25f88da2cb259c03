#include "dac/dac_codec.h"

#include <algorithm>

#include "model/model.h"
#include "support/error.h"

namespace dia {

struct DacCodec::Window {
    explicit Window(size_t n_tensors) : graph(n_tensors) {}

    int64_t n_frames = 0;
    Graph graph;
    ggml_tensor * latents = nullptr;  // F32 [n_frames, hidden_size]
    ggml_tensor * samples = nullptr;  // F32 [n_frames * hop_length, 1]
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

int32_t require_thread_count(int32_t n_threads) {
    if (n_threads < 0) {
        fail(DIA_STATUS_INVALID_ARGUMENT, "n_threads is %d, expected at least 0", n_threads);
    }
    return n_threads;
}

}  // namespace

DacCodec::DacCodec(std::shared_ptr<const Model> model, const DacCodecOptions & options)
    : model_(std::move(model)),
      window_frames_(require_window_frames(options.window_frames)),
      hop_length_(require_codec(model_).hparams.dac->hop_length),
      backend_(require_thread_count(options.n_threads), &cancelled_),
      quantizer_(model_->dac->quantizers),
      decoder_(model_->dac->decoder, model_->hparams.dac->upsampling_ratios, workspace_),
      context_(decoder_.context()) {
    workspace_.allocate(backend_.n_threads());
}

DacCodec::~DacCodec() = default;

int64_t DacCodec::context_frames() const {
    return std::max(context_.before, context_.after);
}

void DacCodec::decode(span<const int32_t> codes, int64_t first, int64_t count, span<float> samples) {
    const int64_t n_frames = check_range(codes, first, count, samples);
    for (int64_t done = 0; done < count;) {
        const int64_t n = std::min(window_frames_, count - done);
        const int64_t begin = std::max<int64_t>(0, first + done - context_.before);
        const int64_t end = std::min(n_frames, first + done + n + context_.after);

        Window & current = window(end - begin);
        quantizer_.decode(
            codes.subspan(static_cast<size_t>(begin * n_codebooks()),
                          static_cast<size_t>((end - begin) * n_codebooks())),
            {host_data<float>(current.latents), static_cast<size_t>(ggml_nelements(current.latents))});
        compute(current);
        const float * from = host_data<float>(current.samples) + (first + done - begin) * hop_length_;
        std::copy_n(from, n * hop_length_, samples.data() + done * hop_length_);
        done += n;
    }
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
    const int64_t begin = std::max<int64_t>(0, first - context_.before);
    const int64_t end = std::min(n_frames, first + count + context_.after);
    quantizer_.check(codes.subspan(static_cast<size_t>(begin * n_codebooks()),
                                   static_cast<size_t>((end - begin) * n_codebooks())),
                     begin);
    return n_frames;
}

DacCodec::Window & DacCodec::window(int64_t n_frames) {
    if (!window_ || window_->n_frames != n_frames) {
        window_.reset();  // before the next one takes its memory
        auto made = std::make_unique<Window>(1 + decoder_.n_tensors());
        made->n_frames = n_frames;
        made->latents = made->graph.input(GGML_TYPE_F32, n_frames, quantizer_.hidden_size());
        made->samples = decoder_.build(made->graph, made->latents);
        made->graph.allocate();
        window_ = std::move(made);
    }
    return *window_;
}

void DacCodec::compute(Window & window) {
    if (cancelled_.exchange(false)) {
        fail(DIA_STATUS_CANCELLED, "cancelled");
    }
    try {
        backend_.compute(window.graph.nodes());
    } catch (const Error & error) {
        if (error.status() == DIA_STATUS_CANCELLED) {
            cancelled_.store(false);
        }
        throw;
    }
}

}  // namespace dia
