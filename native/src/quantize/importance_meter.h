// Measures the importance of the columns of every matrix (quantize/importance.h) while a model speaks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dia/dia.h"

namespace dia {

struct Model;

struct ImportanceOptions {
    std::vector<std::string> scripts;
    dia_generation_params generation;  // how they are spoken; without a seed that of script i is i
    std::string output_path;
    std::function<bool(int64_t done, int64_t total)> progress;  // positions; false stops with DIA_STATUS_CANCELLED
};

// Speaks the scripts and writes the file. Throws Error; then nothing is left behind under output_path.
void measure_importance(const std::shared_ptr<const Model> & model, const ImportanceOptions & options);

}  // namespace dia
