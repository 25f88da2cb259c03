// The device that a model is loaded for, and how much of the model it gets.
#pragma once

#include <cstdint>
#include <string>

#include "backend/device.h"
#include "model/model.h"

namespace dia {

// Stands for as many layers as fit.
constexpr int32_t kLayersThatFit = -1;

// Sets the device and the n_gpu_layers of `options`, which say how the model would be loaded otherwise.
// `device` is a name; "" and "auto" stand for the GPU that has room for most of the model, and for the processor if
// there is none. `n_gpu_layers` as Placement has them; with kLayersThatFit they are those for which the GPU has
// free memory beside a speech of the length that the model was trained for. Throws as find_device() and
// load_model(), DIA_STATUS_OUT_OF_MEMORY if a GPU that is named has not even room for DAC.
void choose_placement(const std::string & device, int32_t n_gpu_layers, const std::string & path,
                      LoadOptions & options);

}  // namespace dia
