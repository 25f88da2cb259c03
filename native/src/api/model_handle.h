// What is behind a dia_model: a share in the loaded model. Generators and codecs take their own.
#pragma once

#include <memory>

#include "dia/dia.h"
#include "model/model.h"

struct dia_model {
    std::shared_ptr<const dia::Model> model;
};
