// The types of weights that model parity runs with, and how far their results may be from the reference, which
// computes in F32.
#pragma once

#include <nlohmann/json.hpp>

#include "backend/device.h"
#include "dia/dia.h"

namespace dia::testing {

struct WeightType {
    dia_type type;
    dia_type kv_type;  // the default for this type
    const char * name;
    double activation_rounding;  // of a tensor's largest value
};

// ggml rounds what it multiplies with F16 and Q8_0 weights to that same type. A case's tolerance covers the
// rounding of the weights alone, and is that of F32 where the checkpoint is F16 already.
constexpr WeightType kWeightTypes[] = {{DIA_TYPE_F32, DIA_TYPE_F32, "f32", 0.0},
                                       {DIA_TYPE_F16, DIA_TYPE_F16, "f16", 4e-3},
                                       {DIA_TYPE_Q8_0, DIA_TYPE_F16, "q8_0", 3e-2}};

// What a GPU may add, of a tensor's largest value: ggml lets it multiply F32 by way of TF32 or F16, which the
// random models of the golden sets pass on. Twice what is measured with Vulkan, where attention weights differ
// most.
constexpr double kGpuRounding = 7e-3;

inline double tolerance_of(const nlohmann::json & entry, const WeightType & type, double largest,
                           Device device = {}) {
    const double gpu_rounding = device.is_gpu() ? kGpuRounding : 0.0;
    if (type.type == DIA_TYPE_F32) {
        return (1e-4 + gpu_rounding) * largest;
    }
    return entry.at("tolerance").at(type.name).get<double>() + (type.activation_rounding + gpu_rounding) * largest;
}

}  // namespace dia::testing
