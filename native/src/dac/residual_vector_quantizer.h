// The codec's quantizer: a chain of codebooks, each coding what the ones before it left over (HF:
// DacResidualVectorQuantizer). Frames are independent of each other.
//
// Codes are [frames][n_codebooks], latents [hidden_size][frames].
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dac/dac_weights.h"
#include "support/span.h"

namespace dia {

class ResidualVectorQuantizer {
public:
    explicit ResidualVectorQuantizer(const std::vector<DacQuantizer> & quantizers);

    int64_t n_codebooks() const { return static_cast<int64_t>(stages_.size()); }
    int64_t hidden_size() const { return hidden_size_; }

    // Bytes of the copies that this object holds.
    size_t n_bytes() const;

    // The code vectors of a stage, [codebook_size][codebook_dim].
    span<const float> codebook(int64_t index) const { return stages_[static_cast<size_t>(index)].codebook; }

    // Throws DIA_STATUS_INVALID_ARGUMENT unless every code is in range. `first_frame` is the number of the first
    // frame, for the message.
    void check(span<const int32_t> codes, int64_t first_frame) const;

    // The sum of the projected code vectors. The codes must be in range.
    void decode(span<const int32_t> codes, span<float> latents) const;

    // The codes of the frames from `first_frame` on, as many as `codes` has room for. A code is the one whose
    // vector is nearest, by angle, to what the codebooks before it left over; the lowest one on ties. Returns the
    // smallest lead of a winner, in cosine similarity, over its runner-up.
    double encode(span<const float> latents, int64_t first_frame, span<int32_t> codes) const;

private:
    // Laid out so that the innermost loops run over neighbours.
    struct Stage {
        std::vector<float> in_proj;   // [hidden_size][codebook_dim]; empty in a codec without encoder, as in_bias
        std::vector<float> in_bias;   // [codebook_dim]
        std::vector<float> codebook;  // [codebook_size][codebook_dim]
        std::vector<float> code_values;  // [codebook_dim][codebook_size]: the codebook, transposed
        std::vector<double> norms;       // [codebook_size]
        std::vector<float> out_proj;     // [codebook_dim][hidden_size]
        std::vector<float> out_bias;     // [hidden_size]
    };

    struct Nearest {
        int32_t code = 0;
        double lead = 0.0;  // over the runner-up
    };

    // `cosines` is scratch, [codebook_size].
    Nearest find_nearest(const Stage & stage, span<const float> latent, span<double> cosines) const;

    // Projects the vector of a code, [hidden_size].
    void project(const Stage & stage, int32_t code, span<float> projected) const;

    std::vector<Stage> stages_;
    int64_t hidden_size_ = 0;
    int64_t codebook_size_ = 0;
    int64_t codebook_dim_ = 0;
};

}  // namespace dia
