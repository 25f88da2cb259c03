#include "convert/tensor_reader.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ggml.h"
#include "support/error.h"

namespace dia {

namespace {

// Weight normalisation stores W as a length for each step of the slowest size, and a direction: both spellings.
struct NormalisedNames {
    const char * length;
    const char * direction;
};
constexpr NormalisedNames kNormalisedNames[] = {
    {"weight_g", "weight_v"},
    {"parametrizations.weight.original0", "parametrizations.weight.original1"},
};
constexpr const char * kWeight = "weight";

struct FloatRow {
    SafetensorsType type;
    dia_type stored;
    size_t n_bytes;  // of one element
};
constexpr FloatRow kFloats[] = {
    {SafetensorsType::F32, DIA_TYPE_F32, 4},
    {SafetensorsType::F16, DIA_TYPE_F16, 2},
    {SafetensorsType::BF16, DIA_TYPE_BF16, 2},
};

const FloatRow * float_row(SafetensorsType type) {
    for (const FloatRow & row : kFloats) {
        if (row.type == type) {
            return &row;
        }
    }
    return nullptr;
}

bool ends_with(const std::string & text, const std::string & end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

template <typename T>
span<uint8_t> bytes_of(span<T> elements) {
    return {reinterpret_cast<uint8_t *>(elements.data()), elements.size() * sizeof(T)};
}

}  // namespace

TensorReader::TensorReader(const Checkpoint & checkpoint, const TensorEntry & entry)
    : checkpoint_(checkpoint), entry_(entry) {
    for (const TensorSource & source : entry.sources) {
        add_part(source);
    }
}

void TensorReader::add_part(const TensorSource & source) {
    const int64_t n_slices = entry_.role == TensorRole::conv_transposed ? source.shape[1]
                             : entry_.role == TensorRole::alpha         ? source.shape[1]
                                                                        : source.shape[0];
    if (const SafetensorsTensor * weights = find(source.name, source.shape)) {
        parts_.push_back({weights, nullptr, {}, n_slices});
        return;
    }
    const bool normalised = ends_with(source.name, kWeight) && add_normalised_part(source);
    if (!normalised) {
        fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s is missing, expected %s", checkpoint_.folder().c_str(),
             source.name.c_str(), shape_text(source.shape).c_str());
    }
    parts_.back().n_slices = n_slices;
}

bool TensorReader::add_normalised_part(const TensorSource & source) {
    const std::string stem = source.name.substr(0, source.name.size() - std::strlen(kWeight));
    std::vector<int64_t> length_shape(source.shape.size(), 1);
    length_shape[0] = source.shape[0];
    for (const NormalisedNames & names : kNormalisedNames) {
        const SafetensorsTensor * lengths = find(stem + names.length, length_shape);
        const SafetensorsTensor * directions = find(stem + names.direction, source.shape);
        if (lengths != nullptr && directions != nullptr) {
            parts_.push_back({directions, lengths, scales_of(*lengths, *directions), 0});
            return true;
        }
    }
    return false;
}

// A tensor that is there must have the shape that the configuration asks for, and a floating-point type.
const SafetensorsTensor * TensorReader::find(const std::string & name, const std::vector<int64_t> & shape) const {
    const SafetensorsTensor * tensor = checkpoint_.find(name);
    if (tensor != nullptr && (tensor->shape != shape || float_row(tensor->type) == nullptr)) {
        fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s: expected %s F32, F16 or BF16, found %s %s",
             checkpoint_.path_of(*tensor).c_str(), name.c_str(), shape_text(shape).c_str(),
             shape_text(tensor->shape).c_str(), tensor->type_name.c_str());
    }
    return tensor;
}

dia_type TensorReader::source_type() const {
    const dia_type type = float_row(parts_[0].weights->type)->stored;
    const bool same = std::all_of(parts_.begin(), parts_.end(),
                                  [&](const Part & part) { return part.weights->type == parts_[0].weights->type; });
    return same ? type : DIA_TYPE_F32;
}

std::vector<std::string> TensorReader::source_names() const {
    std::vector<std::string> names;
    for (const Part & part : parts_) {
        names.push_back(part.weights->name);
        if (part.lengths != nullptr) {
            names.push_back(part.lengths->name);
        }
    }
    return names;
}

// Length over norm of each direction; the norm is taken over all sizes but the slowest.
std::vector<float> TensorReader::scales_of(const SafetensorsTensor & lengths,
                                           const SafetensorsTensor & directions) const {
    const int64_t n = directions.shape[0];
    std::vector<float> scales(static_cast<size_t>(n));
    read_elements(lengths, 0, scales);
    const int64_t n_inner = n > 0 ? directions.n_elements() / n : 0;
    std::vector<float> direction(static_cast<size_t>(n_inner));
    for (int64_t i = 0; i < n; ++i) {
        read_elements(directions, i * n_inner, direction);
        double sum = 0.0;
        for (const float value : direction) {
            sum += static_cast<double>(value) * static_cast<double>(value);
        }
        float & scale = scales[static_cast<size_t>(i)];
        scale = static_cast<float>(static_cast<double>(scale) / std::sqrt(sum));
    }
    return scales;
}

// Elements from `first` on as F32.
void TensorReader::read_elements(const SafetensorsTensor & tensor, int64_t first, span<float> values) const {
    const auto count = static_cast<int64_t>(values.size());
    const uint64_t begin = static_cast<uint64_t>(first) * float_row(tensor.type)->n_bytes;
    if (tensor.type == SafetensorsType::F16) {
        std::vector<ggml_fp16_t> halves(values.size());
        checkpoint_.read(tensor, begin, bytes_of<ggml_fp16_t>(halves));
        ggml_fp16_to_fp32_row(halves.data(), values.data(), count);
    } else if (tensor.type == SafetensorsType::BF16) {
        std::vector<ggml_bf16_t> halves(values.size());
        checkpoint_.read(tensor, begin, bytes_of<ggml_bf16_t>(halves));
        ggml_bf16_to_fp32_row(halves.data(), values.data(), count);
    } else {
        checkpoint_.read(tensor, begin, bytes_of(values));
    }
}

void TensorReader::read(int64_t first, int64_t count, span<float> values) const {
    const int64_t end = first + count;
    int64_t part_first = 0;
    for (const Part & part : parts_) {
        const int64_t part_end = part_first + part.n_slices;
        const int64_t begin = std::max(first, part_first);
        const int64_t n = std::min(end, part_end) - begin;
        if (n > 0) {
            const span<float> target = values.subspan(static_cast<size_t>((begin - first) * slice_elements()),
                                                      static_cast<size_t>(n * slice_elements()));
            if (entry_.role == TensorRole::conv_transposed) {
                read_transposed(part, begin - part_first, n, target);
            } else {
                read_slices(part, begin - part_first, n, target);
            }
            check_finite(part, target);
        }
        part_first = part_end;
    }
}

void TensorReader::read_slices(const Part & part, int64_t first, int64_t count, span<float> values) const {
    const int64_t n_inner = slice_elements();
    read_elements(*part.weights, first * n_inner, values);
    for (int64_t i = 0; !part.scales.empty() && i < count; ++i) {
        for (int64_t k = 0; k < n_inner; ++k) {
            values[static_cast<size_t>(i * n_inner + k)] *= part.scales[static_cast<size_t>(first + i)];
        }
    }
}

// From [in, out, kernel] to [out, kernel, in], row-major.
void TensorReader::read_transposed(const Part & part, int64_t first, int64_t count, span<float> values) const {
    const int64_t n_in = part.weights->shape[0];
    const int64_t n_out = part.weights->shape[1];
    const int64_t n_kernel = part.weights->shape[2];
    std::vector<float> taps(static_cast<size_t>(count * n_kernel));  // [count, kernel] of one input channel
    for (int64_t in = 0; in < n_in; ++in) {
        read_elements(*part.weights, (in * n_out + first) * n_kernel, taps);
        const float scale = part.scales.empty() ? 1.0f : part.scales[static_cast<size_t>(in)];
        for (size_t tap = 0; tap < taps.size(); ++tap) {
            values[tap * static_cast<size_t>(n_in) + static_cast<size_t>(in)] = taps[tap] * scale;
        }
    }
}

void TensorReader::check_finite(const Part & part, span<const float> values) const {
    const float * bad =
        std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
    if (bad != values.end()) {
        fail(DIA_STATUS_INVALID_FILE, "%s: tensor %s contains %g, expected finite numbers",
             checkpoint_.path_of(*part.weights).c_str(), part.weights->name.c_str(), static_cast<double>(*bad));
    }
}

}  // namespace dia
