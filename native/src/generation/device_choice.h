// The device that a model is loaded for.
#pragma once

#include <string>

#include "backend/device.h"
#include "model/model.h"

namespace dia {

// The device of that name. "" and "auto" stand for the first GPU that has all operations, and free memory for the
// model and one speech of the length that it was trained for; and for the processor if there is none. `options` say
// how the model would be loaded. Throws as find_device() and load_model().
Device choose_device(const std::string & name, const std::string & path, const LoadOptions & options);

}  // namespace dia
