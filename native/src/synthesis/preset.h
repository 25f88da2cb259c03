// Sizes of models that are made up of random weights (synthesis/synthesizer.h), by name.
#pragma once

#include <string>
#include <vector>

#include "gguf/hparams.h"

namespace dia {

struct Preset {
    const char * name;
    const char * description;  // general.name of its files
    Hparams hparams;
};

// "dia-1.6b": the published Dia and DAC. "overhead": as many layers, so narrow that what is left of a step is what
// the graph itself costs. "tiny": for tests.
const std::vector<Preset> & presets();

// Throws DIA_STATUS_INVALID_ARGUMENT, listing the names there are.
Hparams preset_hparams(const std::string & name);

}  // namespace dia
