#include "dac/residual_vector_quantizer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "ggml.h"
#include "support/error.h"

namespace dia {

namespace {

// Norms are clamped to it, as in the reference.
constexpr double kLeastNorm = 1e-12;

std::vector<float> to_floats(const ggml_tensor * tensor) {
    const size_t n = static_cast<size_t>(ggml_nelements(tensor));
    std::vector<float> values(n);
    if (tensor->type == GGML_TYPE_F16) {
        ggml_fp16_to_fp32_row(static_cast<const ggml_fp16_t *>(tensor->data), values.data(),
                              ggml_nelements(tensor));
    } else {
        std::copy_n(static_cast<const float *>(tensor->data), n, values.begin());
    }
    return values;
}

double dot(const double * a, const float * b, int64_t n) {
    double sum = 0.0;
    for (int64_t i = 0; i < n; ++i) {
        sum += a[i] * static_cast<double>(b[i]);
    }
    return sum;
}

double norm(const float * values, int64_t n) {
    double sum = 0.0;
    for (int64_t i = 0; i < n; ++i) {
        sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    }
    return std::max(std::sqrt(sum), kLeastNorm);
}

}  // namespace

ResidualVectorQuantizer::ResidualVectorQuantizer(const std::vector<DacQuantizer> & quantizers) {
    assert(!quantizers.empty());
    codebook_dim_ = quantizers[0].codebook->ne[0];
    codebook_size_ = quantizers[0].codebook->ne[1];
    hidden_size_ = quantizers[0].out_proj.weight->ne[2];
    for (const DacQuantizer & quantizer : quantizers) {
        Stage & stage = stages_.emplace_back();
        if (quantizer.in_proj.weight != nullptr) {
            stage.in_proj = to_floats(quantizer.in_proj.weight);
            stage.in_bias = to_floats(quantizer.in_proj.bias);
        }
        stage.codebook = to_floats(quantizer.codebook);
        stage.out_proj = to_floats(quantizer.out_proj.weight);
        stage.out_bias = to_floats(quantizer.out_proj.bias);
    }
}

void ResidualVectorQuantizer::check(span<const int32_t> codes, int64_t first_frame) const {
    for (size_t i = 0; i < codes.size(); ++i) {
        if (codes[i] < 0 || codes[i] >= codebook_size_) {
            fail(DIA_STATUS_INVALID_ARGUMENT, "frame %lld, codebook %lld: the code is %d, expected 0 to %lld",
                 static_cast<long long>(first_frame + static_cast<int64_t>(i) / n_codebooks()),
                 static_cast<long long>(static_cast<int64_t>(i) % n_codebooks()), codes[i],
                 static_cast<long long>(codebook_size_ - 1));
        }
    }
}

float ResidualVectorQuantizer::projected(const Stage & stage, const float * code_vector, int64_t row) const {
    const float * weights = stage.out_proj.data() + row * codebook_dim_;
    float sum = stage.out_bias[static_cast<size_t>(row)];
    for (int64_t d = 0; d < codebook_dim_; ++d) {
        sum += weights[d] * code_vector[d];
    }
    return sum;
}

void ResidualVectorQuantizer::decode(span<const int32_t> codes, span<float> latents) const {
    const int64_t n_frames = static_cast<int64_t>(codes.size()) / n_codebooks();
    assert(static_cast<int64_t>(latents.size()) == n_frames * hidden_size_);
    for (int64_t frame = 0; frame < n_frames; ++frame) {
        const int32_t * frame_codes = codes.data() + frame * n_codebooks();
        for (int64_t row = 0; row < hidden_size_; ++row) {
            float sum = 0.0f;
            for (size_t q = 0; q < stages_.size(); ++q) {
                sum += projected(stages_[q], stages_[q].codebook.data() + frame_codes[q] * codebook_dim_, row);
            }
            latents.data()[row * n_frames + frame] = sum;
        }
    }
}

double ResidualVectorQuantizer::encode(span<const float> latents, int64_t first_frame, span<int32_t> codes) const {
    const int64_t n_latents = static_cast<int64_t>(latents.size()) / hidden_size_;
    const int64_t n_frames = static_cast<int64_t>(codes.size()) / n_codebooks();
    assert(first_frame + n_frames <= n_latents);
    double smallest_lead = std::numeric_limits<double>::infinity();
    std::vector<float> rest(static_cast<size_t>(hidden_size_));
    for (int64_t frame = 0; frame < n_frames; ++frame) {
        for (int64_t row = 0; row < hidden_size_; ++row) {
            rest[static_cast<size_t>(row)] = latents.data()[row * n_latents + first_frame + frame];
        }
        for (size_t q = 0; q < stages_.size(); ++q) {
            const Nearest nearest = find_nearest(stages_[q], rest);
            smallest_lead = std::min(smallest_lead, nearest.lead);
            codes.data()[frame * n_codebooks() + static_cast<int64_t>(q)] = nearest.code;
            const float * code_vector = stages_[q].codebook.data() + nearest.code * codebook_dim_;
            for (int64_t row = 0; row < hidden_size_; ++row) {
                rest[static_cast<size_t>(row)] -= projected(stages_[q], code_vector, row);
            }
        }
    }
    return smallest_lead;
}

ResidualVectorQuantizer::Nearest ResidualVectorQuantizer::find_nearest(const Stage & stage,
                                                                       const std::vector<float> & latent) const {
    std::vector<double> projection(static_cast<size_t>(codebook_dim_));
    double squares = 0.0;
    for (int64_t d = 0; d < codebook_dim_; ++d) {
        double sum = static_cast<double>(stage.in_bias[static_cast<size_t>(d)]);
        for (int64_t row = 0; row < hidden_size_; ++row) {
            sum += static_cast<double>(stage.in_proj[static_cast<size_t>(d * hidden_size_ + row)]) *
                   static_cast<double>(latent[static_cast<size_t>(row)]);
        }
        projection[static_cast<size_t>(d)] = sum;
        squares += sum * sum;
    }
    const double length = std::max(std::sqrt(squares), kLeastNorm);

    Nearest nearest;
    double best = -std::numeric_limits<double>::infinity();
    double second = best;
    for (int64_t code = 0; code < codebook_size_; ++code) {
        const float * code_vector = stage.codebook.data() + code * codebook_dim_;
        const double cosine =
            dot(projection.data(), code_vector, codebook_dim_) / (length * norm(code_vector, codebook_dim_));
        if (cosine > best) {
            second = best;
            best = cosine;
            nearest.code = static_cast<int32_t>(code);
        } else if (cosine > second) {
            second = cosine;
        }
    }
    nearest.lead = best - second;
    return nearest;
}

}  // namespace dia
