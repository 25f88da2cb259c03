// JSON as a tree whose end needs no memory. The destructor of the library's own trees allocates, and where there is
// nothing to allocate it ends the process.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "support/span.h"

namespace dia {

using JsonTree = std::shared_ptr<const nlohmann::json>;

// Parses the text of the file `path`. Throws nlohmann::json::exception for what is not JSON,
// DIA_STATUS_INVALID_FILE for deeper nesting than any checkpoint has. `check`, if given, sees every event of the
// parser and may throw.
JsonTree parse_json(const std::string & path, span<const uint8_t> text,
                    const nlohmann::json::parser_callback_t & check = nullptr);

}  // namespace dia
