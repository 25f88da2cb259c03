// What is behind a dia_model: a share in the loaded model. Generators and codecs take their own.
#pragma once

#include <memory>

#include "dia/dia.h"
#include "model/model.h"

struct dia_model {
    std::shared_ptr<const dia::Model> model;
};

namespace dia {

// How `params`, or the defaults for NULL, say that the model of a file is loaded.
LoadOptions load_options_of(const char * path, const dia_model_params * params);

}  // namespace dia
