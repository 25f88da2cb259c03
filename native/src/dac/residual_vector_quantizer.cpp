#include "dac/residual_vector_quantizer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
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

// [n_rows][n_columns] becomes [n_columns][n_rows].
std::vector<float> transposed(const std::vector<float> & values, int64_t n_columns) {
    const auto columns = static_cast<size_t>(n_columns);
    const size_t rows = values.size() / columns;
    std::vector<float> result(values.size());
    for (size_t row = 0; row < rows; ++row) {
        for (size_t column = 0; column < columns; ++column) {
            result[column * rows + row] = values[row * columns + column];
        }
    }
    return result;
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
            stage.in_proj = transposed(to_floats(quantizer.in_proj.weight), hidden_size_);
            stage.in_bias = to_floats(quantizer.in_proj.bias);
        }
        stage.codebook = to_floats(quantizer.codebook);
        stage.code_values = transposed(stage.codebook, codebook_dim_);
        for (int64_t code = 0; code < codebook_size_; ++code) {
            stage.norms.push_back(norm(stage.codebook.data() + code * codebook_dim_, codebook_dim_));
        }
        stage.out_proj = transposed(to_floats(quantizer.out_proj.weight), codebook_dim_);
        stage.out_bias = to_floats(quantizer.out_proj.bias);
    }
}

size_t ResidualVectorQuantizer::n_bytes() const {
    size_t n_floats = 0;
    size_t n_doubles = 0;
    for (const Stage & stage : stages_) {
        for (const std::vector<float> * values : {&stage.in_proj, &stage.in_bias, &stage.codebook,
                                                  &stage.code_values, &stage.out_proj, &stage.out_bias}) {
            n_floats += values->size();
        }
        n_doubles += stage.norms.size();
    }
    return n_floats * sizeof(float) + n_doubles * sizeof(double);
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

void ResidualVectorQuantizer::project(const Stage & stage, int32_t code, span<float> projected) const {
    std::copy(stage.out_bias.begin(), stage.out_bias.end(), projected.begin());
    float * sums = projected.data();
    for (int64_t d = 0; d < codebook_dim_; ++d) {
        const float value = stage.codebook[static_cast<size_t>(code * codebook_dim_ + d)];
        const float * weights = stage.out_proj.data() + d * hidden_size_;
        for (int64_t row = 0; row < hidden_size_; ++row) {
            sums[row] += weights[row] * value;
        }
    }
}

void ResidualVectorQuantizer::decode(span<const int32_t> codes, span<float> latents) const {
    const int64_t n_frames = static_cast<int64_t>(codes.size()) / n_codebooks();
    assert(static_cast<int64_t>(latents.size()) == n_frames * hidden_size_);
    std::vector<float> projected(static_cast<size_t>(hidden_size_));
    std::vector<float> sums(projected.size());
    for (int64_t frame = 0; frame < n_frames; ++frame) {
        std::fill(sums.begin(), sums.end(), 0.0f);
        for (size_t q = 0; q < stages_.size(); ++q) {
            project(stages_[q], codes[static_cast<size_t>(frame * n_codebooks()) + q], projected);
            std::transform(sums.begin(), sums.end(), projected.begin(), sums.begin(), std::plus<float>());
        }
        for (int64_t row = 0; row < hidden_size_; ++row) {
            latents.data()[row * n_frames + frame] = sums[static_cast<size_t>(row)];
        }
    }
}

double ResidualVectorQuantizer::encode(span<const float> latents, int64_t first_frame, span<int32_t> codes) const {
    const int64_t n_latents = static_cast<int64_t>(latents.size()) / hidden_size_;
    const int64_t n_frames = static_cast<int64_t>(codes.size()) / n_codebooks();
    assert(first_frame + n_frames <= n_latents);
    double smallest_lead = std::numeric_limits<double>::infinity();
    std::vector<float> rest(static_cast<size_t>(hidden_size_));
    std::vector<float> projected(rest.size());
    std::vector<double> cosines(static_cast<size_t>(codebook_size_));
    for (int64_t frame = 0; frame < n_frames; ++frame) {
        for (int64_t row = 0; row < hidden_size_; ++row) {
            rest[static_cast<size_t>(row)] = latents.data()[row * n_latents + first_frame + frame];
        }
        for (size_t q = 0; q < stages_.size(); ++q) {
            const Nearest nearest = find_nearest(stages_[q], rest, cosines);
            smallest_lead = std::min(smallest_lead, nearest.lead);
            codes.data()[frame * n_codebooks() + static_cast<int64_t>(q)] = nearest.code;
            project(stages_[q], nearest.code, projected);
            std::transform(rest.begin(), rest.end(), projected.begin(), rest.begin(), std::minus<float>());
        }
    }
    return smallest_lead;
}

ResidualVectorQuantizer::Nearest ResidualVectorQuantizer::find_nearest(const Stage & stage,
                                                                       span<const float> latent,
                                                                       span<double> cosines) const {
    std::vector<double> projection(stage.in_bias.begin(), stage.in_bias.end());
    double * projected = projection.data();
    for (int64_t row = 0; row < hidden_size_; ++row) {
        const auto value = static_cast<double>(latent.data()[row]);
        const float * weights = stage.in_proj.data() + row * codebook_dim_;
        for (int64_t d = 0; d < codebook_dim_; ++d) {
            projected[d] += static_cast<double>(weights[d]) * value;
        }
    }
    double squares = 0.0;
    for (const double value : projection) {
        squares += value * value;
    }
    const double length = std::max(std::sqrt(squares), kLeastNorm);

    std::fill(cosines.begin(), cosines.end(), 0.0);
    for (int64_t d = 0; d < codebook_dim_; ++d) {
        const float * values = stage.code_values.data() + d * codebook_size_;
        for (int64_t code = 0; code < codebook_size_; ++code) {
            cosines.data()[code] += projected[d] * static_cast<double>(values[code]);
        }
    }
    std::transform(cosines.begin(), cosines.end(), stage.norms.begin(), cosines.begin(),
                   [length](double product, double norm) { return product / (length * norm); });

    Nearest nearest;
    double best = -std::numeric_limits<double>::infinity();
    double second = best;
    for (size_t code = 0; code < cosines.size(); ++code) {
        if (cosines[code] > best) {
            second = best;
            best = cosines[code];
            nearest.code = static_cast<int32_t>(code);
        } else if (cosines[code] > second) {
            second = cosines[code];
        }
    }
    nearest.lead = best - second;
    return nearest;
}

}  // namespace dia
