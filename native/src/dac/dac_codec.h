// The codec as a whole: codes become samples and samples codes, window by window, so that the memory depends on the
// window and not on the clip. A window carries the frames around it that its result depends on, and every value is
// computed by the same instructions wherever it lies, so the result is that of the whole clip, bit for bit. A GPU
// runs stock_codec.h, which promises the same but for rounding; the quantizer stays on the processor.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "backend/backend.h"
#include "dac/conv1d.h"
#include "dac/dac_context.h"
#include "dac/dac_decoder.h"
#include "dac/dac_encoder.h"
#include "dac/residual_vector_quantizer.h"
#include "support/span.h"

namespace dia {

struct Model;

struct DacCodecOptions {
    int32_t n_threads = 0;       // 0: the physical cores
    int32_t window_frames = 86;  // frames computed at a time, context not counted
};

struct EncodedAudio {
    std::vector<int32_t> codes;  // [n_frames][n_codebooks]
    double smallest_lead = 0.0;  // least difference of cosines between the code chosen and the next one
};

// Belongs to one thread at a time, but for cancel().
class DacCodec {
public:
    // Throws DIA_STATUS_INVALID_STATE for a model without codec, DIA_STATUS_INVALID_ARGUMENT for an option out of
    // range.
    DacCodec(std::shared_ptr<const Model> model, const DacCodecOptions & options);
    DacCodec(const DacCodec &) = delete;
    DacCodec & operator=(const DacCodec &) = delete;
    ~DacCodec();

    // Bytes that the codec takes to decode and to encode clips of so many frames, 0 for none, without those of the
    // weights and the samples.
    Graph::Size measure(int64_t n_decoded, int64_t n_encoded);

    int64_t hop_length() const { return hop_length_; }
    int64_t n_codebooks() const { return quantizer_.n_codebooks(); }

    // The code vectors of a codebook, [codebook_size][codebook_dim]. Throws DIA_STATUS_INVALID_ARGUMENT if there is
    // no such codebook.
    span<const float> codebook(int64_t index) const;

    // Frames on each side of a frame that its samples depend on.
    int64_t context_frames() const;

    // Whether there are cores, or a GPU of its own, for decode() beside the steps of a generation of `n_threads`,
    // which are as those of DecoderSessionOptions.
    bool fits_beside(int32_t n_threads) const;

    // Samples of the frames first ... first + count - 1 of a clip, as decoding the whole clip gives them.
    // `codes` is the clip, [n_frames][n_codebooks]; only frames within the context are read. `samples` has
    // count * hop_length() elements. Throws DIA_STATUS_INVALID_ARGUMENT or DIA_STATUS_CANCELLED.
    void decode(span<const int32_t> codes, int64_t first, int64_t count, span<float> samples);

    // The codes of mono samples, which are padded with zeros to whole frames: ceil(n / hop_length()) of them.
    // Throws DIA_STATUS_CANCELLED, or DIA_STATUS_NOT_A_NUMBER for samples so large that they overflow.
    EncodedAudio encode(span<const float> samples);

    // Stops the running call, or the next one. From any thread.
    void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }

private:
    struct Window;

    int64_t check_range(span<const int32_t> codes, int64_t first, int64_t count, span<float> samples) const;
    span<const int32_t> frames_of(span<const int32_t> codes, const DacStretch & stretch) const;
    std::unique_ptr<Window> make_decoder_window(const DacStretch & stretch);
    std::unique_ptr<Window> make_encoder_window(const DacStretch & stretch);
    Window & window_for(const DacStretch & stretch, bool is_encoder);
    void compute(Window & window);

    std::shared_ptr<const Model> model_;
    int64_t window_frames_;
    int64_t hop_length_;
    std::atomic<bool> cancelled_{false};
    const int32_t n_threads_;
    const std::unique_ptr<Backend> backend_;
    ConvWorkspace workspace_;
    ResidualVectorQuantizer quantizer_;
    DacDecoder decoder_;
    std::optional<DacEncoder> encoder_;  // nothing in a codec without encoder
    DacContext decoder_context_;
    DacContext encoder_context_;
    std::unique_ptr<Window> window_;  // the graph of the last window, for the next one like it
};

}  // namespace dia
