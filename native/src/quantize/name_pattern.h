// Patterns of tensor names: "*" stands for any characters, "?" for one.
#pragma once

#include <string_view>

namespace dia {

// Whether some part of `name` fits the pattern: "decoder.*.mlp" fits "model.decoder.layers.3.mlp.down_proj.weight".
bool contains_pattern(std::string_view name, std::string_view pattern);

}  // namespace dia
